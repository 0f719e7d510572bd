/**
 * One connection parked in a machine, from the upgrade to the head. Written on the socket itself: a
 * parked connection then costs little more than its socket, and there is one answer that guestd can
 * give.
 */
import { connect, type Socket } from 'node:net';
import {
  GUEST_EGRESS_HEAD_BYTES,
  type GuestEgressHead,
  guestEgressHead,
} from '../contracts/guest.ts';
import type { Endpoint } from './driver.ts';

export interface ParkEvents {
  /** guestd has it. */
  readonly onParked: () => void;
  /**
   * A process inside has it: its bytes come from the socket. Told at once, so that whoever listens
   * from then on misses nothing.
   */
  readonly onTaken: (head: GuestEgressHead) => void;
  /** Instead of either; the socket is closed. */
  readonly onFailed: (error: Error) => void;
}

/** A guest under emulation may be slow, and many open at once. */
const UPGRADE_TIMEOUT_MS = 15_000;
/** From the first byte of a head to its last. */
const HEAD_TIMEOUT_MS = 5_000;
const NEWLINE = 0x0a;

const ACCEPTED = Buffer.from(
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: swarm-egress\r\n\r\n',
);

function upgradeRequest(token: string): string {
  return [
    'POST /v1/egress HTTP/1.1',
    'Host: guestd',
    `Authorization: Bearer ${token}`,
    'Connection: Upgrade',
    'Upgrade: swarm-egress',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n');
}

/** Opens it; the caller may destroy the socket at any time. */
export function parkConnection(
  to: { readonly endpoint: Endpoint; readonly token: string },
  events: ParkEvents,
): Socket {
  const { host, port } = to.endpoint;
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  // An error is told by `close` too: nobody may be listening when it comes.
  socket.on('error', () => undefined);
  socket.write(upgradeRequest(to.token));
  const fail = (error: unknown) => {
    socket.destroy();
    events.onFailed(error instanceof Error ? error : new Error(String(error)));
  };
  const onHead = (line: Buffer) => {
    let head: GuestEgressHead;
    try {
      head = parseEgressHead(line);
    } catch (error) {
      return fail(error);
    }
    events.onTaken(head);
  };
  const onAnswer = (answer: Buffer) => {
    if (!answer.equals(ACCEPTED)) return fail(new Error('guestd did not take the connection up'));
    events.onParked();
    readUntil(socket, HEAD, onHead, fail);
  };
  readUntil(socket, ANSWER, onAnswer, fail);
  return socket;
}

/** @throws when it is not a head, or says what none can */
export function parseEgressHead(line: Buffer): GuestEgressHead {
  const head = guestEgressHead.strict().parse(JSON.parse(line.toString('utf8')));
  const isWhole =
    head.kind === 'proxy' ? head.port === 0 && head.name === undefined : head.port !== 0;
  if (!isWhole) throw new Error('the head of a connection contradicts itself');
  if (head.name !== undefined && !/^[a-z0-9._-]+$/.test(head.name))
    throw new Error('the head of a connection has a name that no host can have');
  return head;
}

interface Reading {
  /** Index after the last byte that belongs to it; undefined: more is needed. */
  readonly end: (bytes: Buffer) => number | undefined;
  readonly mostBytes: number;
  readonly timeoutMs: number;
  /** Else the time starts with the first byte. */
  readonly startsNow: boolean;
}

const ANSWER: Reading = {
  timeoutMs: UPGRADE_TIMEOUT_MS,
  startsNow: true,
  // Whatever is not the one answer shows within its length.
  end: (bytes) => (bytes.length >= ACCEPTED.length ? ACCEPTED.length : undefined),
  mostBytes: ACCEPTED.length,
};

const HEAD: Reading = {
  timeoutMs: HEAD_TIMEOUT_MS,
  startsNow: false,
  end(bytes) {
    const at = bytes.indexOf(NEWLINE);
    return at === -1 ? undefined : at + 1;
  },
  mostBytes: GUEST_EGRESS_HEAD_BYTES,
};

/** Reads a bounded piece and leaves what comes after it in the socket, which is not made to flow. */
function readUntil(
  socket: Socket,
  reading: Reading,
  onPiece: (piece: Buffer) => void,
  onFailed: (error: Error) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    clearTimeout(timer);
    socket.off('readable', onReadable);
    socket.off('close', onEnd);
    socket.off('end', onEnd);
  };
  const fail = (reason: string) => {
    stop();
    onFailed(new Error(reason));
  };
  const startTimer = () => {
    timer ??= setTimeout(() => fail('guestd was too slow'), reading.timeoutMs).unref();
  };
  const onEnd = () => fail('guestd closed the connection');
  const onReadable = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    startTimer();
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    const end = reading.end(bytes);
    if (end === undefined && bytes.length < reading.mostBytes) return;
    if (end === undefined || end > reading.mostBytes)
      return fail(`more than ${reading.mostBytes} bytes came`);
    stop();
    if (end < bytes.length) socket.unshift(bytes.subarray(end));
    onPiece(bytes.subarray(0, end));
  };
  if (reading.startsNow) startTimer();
  socket.on('readable', onReadable);
  socket.on('close', onEnd);
  socket.on('end', onEnd);
  if (!socket.connecting) onReadable();
}
