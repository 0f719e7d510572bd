/**
 * The host's side of the way out of one machine: keeps connections parked in it, and hands on those
 * that a process inside took up. The other side is hostile: what it says is compared with the one
 * answer there can be, or parsed within GUEST_EGRESS_HEAD_BYTES, and connections are opened no
 * faster than OPENED_PER_SECOND.
 */
import type { Socket } from 'node:net';
import { describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { EgressConnection } from '../contracts/egress.ts';
import type { Endpoint } from './driver.ts';
import { parkConnection } from './park-connection.ts';

export interface EgressTunnelOptions {
  readonly machineId: string;
  /** guestd's. */
  readonly endpoint: Endpoint;
  readonly token: string;
  readonly log: Logger;
  /** Takes the connection over. What it throws closes the connection. */
  readonly onConnection: (connection: EgressConnection) => void;
}

export interface EgressTunnel {
  /** Parks connections from now on. Idempotent. */
  open(): void;
  /** Ends all connections, parked and in use, and parks no more until `open`. Idempotent. */
  close(): void;
  /** For tests and figures. */
  counts(): { readonly parked: number; readonly opening: number; readonly active: number };
}

/** Parked when nothing goes on, and when connections come faster than they can be parked. */
const SPARE = { least: 4, most: 64 };
/** Connections in use at once: as many as guestd passes on. */
const MOST_ACTIVE = 1024;
/** After this long without a shortage half as many are kept. */
const SHRINK_AFTER_MS = 10_000;
const RETRY_MS = { first: 100, most: 5_000 };
/** A machine that wastes what it is given keeps swarmd busy no more than this. */
const OPENED_PER_SECOND = 500;

export function createEgressTunnel(options: EgressTunnelOptions): EgressTunnel {
  return new Tunnel(options);
}

class Tunnel implements EgressTunnel {
  readonly #options: EgressTunnelOptions;
  readonly #parked = new Set<Socket>();
  readonly #active = new Set<Socket>();
  #opening = 0;
  #spare = SPARE.least;
  /** All, also those that are being opened. */
  readonly #sockets = new Set<Socket>();
  #isOpen = false;
  #timer: NodeJS.Timeout | undefined;
  #shrinking: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS.first;
  #openedInSecond = 0;
  #second = 0;

  constructor(options: EgressTunnelOptions) {
    this.#options = options;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#spare = SPARE.least;
    this.#retryMs = RETRY_MS.first;
    this.#refill();
  }

  close(): void {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#shrinking);
    this.#timer = undefined;
    this.#shrinking = undefined;
    for (const socket of [...this.#sockets]) reset(socket);
  }

  counts() {
    return { parked: this.#parked.size, opening: this.#opening, active: this.#active.size };
  }

  #refill(): void {
    if (!this.#isOpen || this.#timer !== undefined) return;
    const wanted = Math.min(this.#spare, MOST_ACTIVE - this.#active.size);
    while (this.#parked.size + this.#opening < wanted) {
      const waitMs = this.#paceMs();
      if (waitMs > 0) {
        this.#refillLater(waitMs);
        break;
      }
      this.#park();
    }
  }

  #refillLater(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#refill();
    }, waitMs).unref();
  }

  /** How long until one more may be opened; counts it when it may be now. */
  #paceMs(): number {
    const now = performance.now();
    if (now - this.#second >= 1_000) {
      this.#second = now;
      this.#openedInSecond = 0;
    }
    if (this.#openedInSecond >= OPENED_PER_SECOND) return Math.ceil(1_000 - (now - this.#second));
    this.#openedInSecond++;
    return 0;
  }

  #park(): void {
    const { machineId, endpoint, token } = this.#options;
    this.#opening++;
    let isOpening = true;
    const opened = () => {
      if (isOpening) this.#opening--;
      isOpening = false;
    };
    const socket = parkConnection(
      { endpoint, token },
      {
        onParked: () => {
          opened();
          this.#parked.add(socket);
          this.#retryMs = RETRY_MS.first;
        },
        onTaken: (head) => {
          this.#parked.delete(socket);
          const { name, ...rest } = head;
          const claim = name === undefined ? rest : { ...rest, name };
          this.#take({ machineId, ...claim, stream: socket }, socket);
        },
        onFailed: (error) => {
          opened();
          this.#parked.delete(socket);
          this.#failed(error);
        },
      },
    );
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #failed(error: Error): void {
    if (!this.#isOpen) return;
    const { machineId, log } = this.#options;
    log.debug({ machineId, reason: error.message }, 'no way out could be parked');
    if (this.#timer !== undefined) return;
    this.#refillLater(this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS.most);
  }

  #take(connection: EgressConnection, socket: Socket): void {
    this.#active.add(socket);
    socket.once('close', () => {
      this.#active.delete(socket);
      this.#refill();
    });
    if (this.#parked.size === 0) this.#grow();
    this.#refill();
    try {
      this.#options.onConnection(connection);
    } catch (error) {
      const { machineId } = this.#options;
      this.#options.log.error({ machineId, reason: describeError(error) }, 'connection not taken');
      reset(socket);
    }
  }

  #grow(): void {
    this.#spare = Math.min(this.#spare * 2, SPARE.most);
    clearTimeout(this.#shrinking);
    const shrink = () => {
      this.#spare = Math.max(Math.floor(this.#spare / 2), SPARE.least);
      if (this.#spare > SPARE.least) this.#shrinking = setTimeout(shrink, SHRINK_AFTER_MS).unref();
    };
    this.#shrinking = setTimeout(shrink, SHRINK_AFTER_MS).unref();
  }
}

/** Else the process inside would take it for an orderly end. */
function reset(socket: Socket): void {
  if (socket.connecting) socket.destroy();
  else socket.resetAndDestroy();
}
