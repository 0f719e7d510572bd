/**
 * The guest protocol: what crosses between the host and guestd, the first process in a machine.
 * guest/ implements the other side in Go; docs/guest-protocol.md is the prose of it.
 *
 * The guest is hostile: whatever comes from it is parsed by these schemas, with limits on sizes,
 * and never trusted for anything but showing it and judging the agent inside.
 */
import { z } from 'zod';

export { EXEC_FRAME } from './exec-frame.ts';

export const GUEST_PROTOCOL_VERSION = 1;

/** Where guestd listens inside the guest. Above the ephemeral ports, so that no agent gets it. */
export const GUESTD_PORT = 61707;

/**
 * Every guest sees the same addresses, whatever the network kind: a snapshot then fits anywhere.
 * They are QEMU's user-network defaults.
 */
export const GUEST_NETWORK = {
  address: '10.0.2.15',
  prefixLength: 24,
  gateway: '10.0.2.2',
  dns: '10.0.2.3',
} as const;

/** First bytes of the configuration drive; JSON follows, padded with NULs to 4096-byte blocks. */
export const GUEST_CONFIG_MAGIC = 'SWARMCFG1\n';

/** What the configuration drive holds. It names no secret but the machine's own token. */
export interface GuestConfig {
  readonly version: typeof GUEST_PROTOCOL_VERSION;
  readonly machineId: string;
  /** 64 hexadecimal digits; every request to guestd carries it as a bearer token. */
  readonly token: string;
  readonly hostname: string;
  readonly guestdPort: number;
  readonly network: {
    readonly address: string;
    readonly prefixLength: number;
    readonly gateway: string;
    readonly dns: string;
    readonly mtu: number;
  };
  /** Absent: nothing leads out of the machine. */
  readonly egress?: {
    /** Where guestd listens on 127.0.0.1. */
    readonly proxyPort: number;
    /** The certificate, in PEM, that processes inside are to trust. */
    readonly authority: string;
  };
}

/** Inside the machine; HTTP_PROXY and its like name it. */
export const EGRESS_PROXY_PORT = 61708;
/** Where guestd puts the authority alone, and together with the image's own. */
export const GUEST_AUTHORITY_PATH = '/run/swarm/ca.pem';
export const GUEST_AUTHORITY_BUNDLE_PATH = '/run/swarm/ca-bundle.pem';

/**
 * `POST /v1/egress` with `Upgrade: swarm-egress`: the host parks connections in the machine. When a
 * process opens a connection, guestd takes a parked one, writes this as a line of JSON, and from
 * then on passes bytes both ways. The host parks another one in its place.
 */
export const guestEgressHead = z.object({
  kind: z.enum(['proxy', 'captured']),
  port: z.number().int().min(0).max(65_535),
  name: z.string().max(253).optional(),
});
export type GuestEgressHead = z.infer<typeof guestEgressHead>;
/** Longest head, with its newline. */
export const GUEST_EGRESS_HEAD_BYTES = 512;

/** The line that guestd prints on the console when it listens: a hint to connect, no proof. */
export const GUESTD_READY_LINE = 'guestd: ready';

/** Body of POST /v1/process and of POST /v1/exec and /v1/run (which need only argv). */
export interface GuestProcessSpec {
  /** Program and arguments; a name without '/' is looked up in the process's PATH. */
  readonly argv: readonly string[];
  /** The whole environment. HOME is added by guestd from the user's entry when it is not set. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path; made, with its parents, when missing (as Docker does). */
  readonly cwd: string;
  /** As in an image's USER: `name`, `uid`, `name:group`, `uid:gid`; '' is root. */
  readonly user: string;
}

const port = z.number().int().min(1).max(65_535);

export const guestExit = z.object({
  /** 0–255, or null when a signal ended it. */
  exitCode: z.number().int().min(0).max(255).nullable(),
  /** As `SIGKILL`, or null. */
  signal: z.string().max(16).nullable(),
  /** The kernel killed it because memory ran out. */
  oomKilled: z.boolean(),
  exitedAt: z.string().max(40),
});
export type GuestExit = z.infer<typeof guestExit>;

/** GET /v1/status */
export const guestStatus = z.object({
  version: z.number().int(),
  machineId: z.string().max(100),
  uptimeMs: z.number().nonnegative(),
  process: z.object({
    state: z.enum(['none', 'running', 'exited']),
    pid: z.number().int().nonnegative(),
    startedAt: z.string().max(40).nullable(),
    exit: guestExit.nullable(),
  }),
  /** TCP ports that something in the guest listens on, guestd's own left out, ascending. */
  listening: z.array(port).max(200),
  memory: z.object({ totalBytes: z.number(), availableBytes: z.number() }),
  disk: z.object({ totalBytes: z.number(), usedBytes: z.number() }),
  /** CPU time used by everything in the guest since boot. */
  cpuMs: z.number().nonnegative(),
  /** Absent where nothing leads out. */
  egress: z
    .object({
      /** `none`: the guest's kernel cannot do it; only the explicit proxy leads out. */
      capture: z.enum(['all', 'none']),
      reason: z.string().max(500).optional(),
      /** Connections of the host's that wait for one from inside; `waiting` the other way round. */
      parked: z.number().int().nonnegative(),
      waiting: z.number().int().nonnegative(),
      active: z.number().int().nonnegative(),
      /** Names that have synthetic addresses. */
      names: z.number().int().nonnegative(),
    })
    .optional(),
});
export type GuestStatus = z.infer<typeof guestStatus>;

/** A line of GET /v1/events?after=SEQ (NDJSON, stays open; a `ping` every 5 s). */
export const guestEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ping') }),
  z.object({
    type: z.literal('process_started'),
    seq: z.number().int(),
    time: z.string().max(40),
    pid: z.number().int(),
  }),
  z.object({
    type: z.literal('listening'),
    seq: z.number().int(),
    time: z.string().max(40),
    ports: z.array(port).max(200),
  }),
  z.object({
    type: z.literal('process_exited'),
    seq: z.number().int(),
    time: z.string().max(40),
    exit: guestExit,
  }),
]);
export type GuestEvent = z.infer<typeof guestEvent>;

/** Longest line kept; guestd splits longer ones and marks each part but the last. */
export const GUEST_LOG_LINE_BYTES = 16 * 1024;

/** A line of GET /v1/logs?after=SEQ&follow=true (NDJSON). */
export const guestLogLine = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ping') }),
  z.object({
    type: z.literal('line'),
    /** Counts from 1 over both streams, without gaps. */
    seq: z.number().int().positive(),
    time: z.string().max(40),
    stream: z.enum(['stdout', 'stderr']),
    /** Without its newline; invalid UTF-8 replaced. */
    text: z.string().max(GUEST_LOG_LINE_BYTES),
    /** The line goes on in the next one of this stream. */
    partial: z.boolean(),
  }),
  /** guestd's buffer overflowed before the host read it: lines up to `seq` are lost. */
  z.object({ type: z.literal('lost'), seq: z.number().int(), count: z.number().int() }),
]);
export type GuestLogLine = z.infer<typeof guestLogLine>;

/** Answer of POST /v1/run {…GuestProcessSpec, timeoutMs, maxOutputBytes}. */
export const guestRunResult = z.object({
  exitCode: z.number().int().nullable(),
  signal: z.string().max(16).nullable(),
  timedOut: z.boolean(),
  /** Both outputs in the order they came, cut at maxOutputBytes. */
  output: z.string().max(1024 * 1024),
});
export type GuestRunResult = z.infer<typeof guestRunResult>;

/** Body of every answer with status ≥ 400. */
export const guestError = z.object({
  error: z.object({
    /**
     * unauthorized | not_found | bad_request | process_running | process_not_started |
     * user_not_found | executable_not_found | executable_not_permitted | start_failed |
     * too_many_streams | reseed_failed
     */
    code: z.string().max(64),
    message: z.string().max(4096),
  }),
});

/** Body of POST /v1/exec. */
export interface GuestExecSpec extends GuestProcessSpec {
  /** Give the command a terminal; stdout then carries everything. */
  readonly tty: boolean;
  readonly columns?: number;
  readonly rows?: number;
}
