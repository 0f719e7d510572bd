import type { ReadStream } from 'node:tty';
import type { OutputStream } from './output/output.ts';

/** One line of `swarm doctor`. */
export interface DoctorCheck {
  /** `kernel`, `kvm`, `buildah`: unique. */
  readonly name: string;
  readonly state: 'ok' | 'missing' | 'broken' | 'unknown';
  readonly version: string | null;
  /** What was found, in a few words. */
  readonly detail: string;
  /** The exact command that mends it, or what to do. */
  readonly remedy: string | null;
  /** Does the main path need it? */
  readonly needed: boolean;
}

export interface DoctorOptions {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Mend what can be mended without asking: boot assets, Firecracker. */
  readonly fix: boolean;
  readonly onProgress: (text: string) => void;
}

/** What the CLI needs of the rest, given by src/main: the CLI itself sees only contracts and base. */
export interface Wiring {
  /** The checkout. */
  readonly root: string;
  /** The program that is swarmd. */
  readonly swarmdPath: string;
  readonly version: string;
  /** Checks one part after the other, as they are known. */
  doctor(options: DoctorOptions): AsyncIterable<DoctorCheck>;
}

export interface CliContext {
  /** Without the names of Node.js and of the program. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Absolute path of SWARM_HOME. */
  readonly home: string;
  readonly stdin: ReadStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly wiring: Wiring;
}
