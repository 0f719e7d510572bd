/**
 * The authority of a workspace, which its machines trust, and the certificates that it signs for
 * the names they call. One key serves all of them: it never leaves this process.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import { makeCertificate } from './certificate.ts';

export interface StoredAuthority {
  readonly certificatePem: string;
  /** PKCS #8. */
  readonly keyPem: string;
}

/** Keeps authorities, their keys encrypted. */
export interface AuthorityStore {
  load(workspaceId: string): Promise<StoredAuthority | undefined>;
  save(workspaceId: string, authority: StoredAuthority): Promise<void>;
}

interface Authority {
  readonly pem: string;
  readonly name: string;
  readonly key: KeyObject;
  /** By name, the one used last at the end. */
  readonly leaves: Map<string, Leaf>;
}

interface Leaf {
  readonly context: SecureContext;
  readonly renewAtMs: number;
}

const CURVE = { namedCurve: 'P-256' } as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AUTHORITY_DAYS = 3_650;
const LEAF_DAYS = 7;
/** The clocks of machines are not always right. */
const BACKDATED_MS = HOUR_MS;
const MAX_LEAVES = 1_000;
/** Of a common name: X.520. */
const MAX_COMMON_NAME = 64;

export class Authorities {
  readonly #store: AuthorityStore;
  readonly #clock: Clock;
  readonly #open = new Map<string, Promise<Authority>>();
  readonly #ready = new Map<string, Authority>();
  #leafKeys: { readonly publicKey: KeyObject; readonly pem: string } | undefined;

  constructor(options: { readonly store: AuthorityStore; readonly clock: Clock }) {
    this.#store = options.store;
    this.#clock = options.clock;
  }

  /** Loads or makes a workspace's authority. Idempotent. */
  async prepare(workspaceId: string): Promise<void> {
    await this.#authority(workspaceId);
  }

  /** @throws Error when it was not prepared, which is a bug */
  pem(workspaceId: string): string {
    const authority = this.#ready.get(workspaceId);
    if (authority === undefined) throw new Error(`the authority of ${workspaceId} is not prepared`);
    return authority.pem;
  }

  /** To show a machine that we are `host`. */
  async contextFor(workspaceId: string, host: string): Promise<SecureContext> {
    const authority = this.#ready.get(workspaceId) ?? (await this.#authority(workspaceId));
    const { leaves } = authority;
    const nowMs = this.#clock.nowMs();
    let leaf = leaves.get(host);
    leaves.delete(host);
    if (leaf === undefined || leaf.renewAtMs <= nowMs) {
      const context = this.#issue(authority, host);
      leaf = { context, renewAtMs: nowMs + (LEAF_DAYS - 1) * DAY_MS };
    }
    leaves.set(host, leaf);
    for (const oldest of leaves.keys()) {
      if (leaves.size <= MAX_LEAVES) break;
      leaves.delete(oldest);
    }
    return leaf.context;
  }

  #authority(workspaceId: string): Promise<Authority> {
    let opening = this.#open.get(workspaceId);
    if (opening === undefined) {
      opening = this.#load(workspaceId);
      this.#open.set(workspaceId, opening);
      opening.then(
        (authority) => this.#ready.set(workspaceId, authority),
        () => this.#open.delete(workspaceId),
      );
    }
    return opening;
  }

  async #load(workspaceId: string): Promise<Authority> {
    const name = `Swarm egress authority ${workspaceId}`.slice(0, MAX_COMMON_NAME);
    const stored = await this.#store.load(workspaceId);
    if (stored !== undefined)
      return {
        ...{ pem: stored.certificatePem, name, key: createPrivateKey(stored.keyPem) },
        leaves: new Map(),
      };
    const { publicKey, privateKey } = generateKeyPairSync('ec', CURVE);
    const nowMs = this.#clock.nowMs();
    const pem = makeCertificate(
      {
        ...{ subject: name, issuer: name, publicKey },
        notBeforeMs: nowMs - BACKDATED_MS,
        notAfterMs: nowMs + AUTHORITY_DAYS * DAY_MS,
      },
      privateKey,
    );
    await this.#store.save(workspaceId, { certificatePem: pem, keyPem: pemOf(privateKey) });
    return { pem, name, key: privateKey, leaves: new Map() };
  }

  #issue(authority: Authority, host: string): SecureContext {
    const { publicKey, pem } = this.#sharedKeys();
    const nowMs = this.#clock.nowMs();
    const cert = makeCertificate(
      {
        subject: host.length <= MAX_COMMON_NAME ? host : 'swarm egress',
        ...{ issuer: authority.name, publicKey, host },
        notBeforeMs: nowMs - BACKDATED_MS,
        notAfterMs: nowMs + LEAF_DAYS * DAY_MS,
      },
      authority.key,
    );
    return createSecureContext({ key: pem, cert, minVersion: 'TLSv1.2' });
  }

  #sharedKeys() {
    if (this.#leafKeys === undefined) {
      const { privateKey } = generateKeyPairSync('ec', CURVE);
      this.#leafKeys = { publicKey: createPublicKey(privateKey), pem: pemOf(privateKey) };
    }
    return this.#leafKeys;
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
