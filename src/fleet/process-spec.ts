import type { AgentConfig } from '../contracts/agent-config.ts';
import type { GuestProcessSpec } from '../contracts/guest.ts';
import type { ImageConfig } from '../images/images.ts';
import { fleetErrors } from './errors.ts';

export const DEFAULT_PORT = 8080;

export interface ProcessPlan {
  /** The same for every replica but for SWARM_REPLICA and HOSTNAME. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: string;
  readonly port: number;
  readonly stopSignal: string;
}

/**
 * What runs in the machines of a revision, with Docker's meanings of the image's settings.
 * @throws image_without_command, port_ambiguous, port_invalid
 */
export function planProcess(image: ImageConfig, config: AgentConfig): ProcessPlan {
  const env = { ...imageEnv(image), ...config.env };
  const port = portOf(image, { config, env });
  return {
    argv: argvOf(image, config),
    env: { ...env, PORT: env.PORT ?? String(port) },
    cwd: config.workdir ?? (image.workingDir || '/'),
    user: config.user ?? image.user,
    port,
    stopSignal: signalName(config.killSignal ?? image.stopSignal),
  };
}

export interface ReplicaIdentity {
  readonly agent: string;
  readonly revision: number;
  readonly replica: number;
}

export function hostnameOf({ agent, replica }: ReplicaIdentity): string {
  return `${agent}-${replica}`;
}

/** The process of one replica: its own names do not replace what the user has set. */
export function processSpecOf(plan: ProcessPlan, identity: ReplicaIdentity): GuestProcessSpec {
  return {
    argv: plan.argv,
    env: {
      SWARM_AGENT: identity.agent,
      SWARM_REVISION: String(identity.revision),
      SWARM_REPLICA: String(identity.replica),
      HOSTNAME: hostnameOf(identity),
      ...plan.env,
    },
    cwd: plan.cwd,
    user: plan.user,
  };
}

function argvOf(image: ImageConfig, config: AgentConfig): readonly string[] {
  const entrypoint = config.entrypoint ?? image.entrypoint;
  // As in Docker: an entrypoint that replaces the image's makes the image's CMD meaningless.
  const command = config.command ?? (config.entrypoint === undefined ? image.cmd : []);
  const argv = [...entrypoint, ...command];
  if (argv.length === 0)
    throw fleetErrors.image_without_command(
      'The image says nothing to run: it has neither ENTRYPOINT nor CMD, and agent.yaml sets no command.',
    );
  return argv;
}

function imageEnv(image: ImageConfig): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of image.env) {
    const at = line.indexOf('=');
    if (at > 0) env[line.slice(0, at)] = line.slice(at + 1);
  }
  return env;
}

function portOf(
  image: ImageConfig,
  { config, env }: { config: AgentConfig; env: Readonly<Record<string, string>> },
): number {
  if (config.port !== undefined) return config.port;
  if (env.PORT !== undefined) {
    const port = Number(env.PORT);
    if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
    throw fleetErrors.port_invalid(`The variable PORT is "${env.PORT}", which is not a port.`);
  }
  const [first, second] = image.exposedPorts;
  if (second !== undefined)
    throw fleetErrors.port_ambiguous(
      `The image EXPOSEs several ports (${image.exposedPorts.join(', ')}), and agent.yaml does not say which one gets the calls.`,
    );
  return first ?? DEFAULT_PORT;
}

/** STOPSIGNAL may be `SIGTERM`, `TERM` or a number. */
function signalName(signal: string): string {
  if (signal === '') return 'SIGTERM';
  if (/^\d+$/.test(signal)) return SIGNAL_BY_NUMBER[Number(signal)] ?? 'SIGTERM';
  const upper = signal.toUpperCase();
  return upper.startsWith('SIG') ? upper : `SIG${upper}`;
}

/** Linux's numbers on x86-64 of the signals that images use to stop. */
const SIGNAL_BY_NUMBER: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  12: 'SIGUSR2',
  14: 'SIGALRM',
  15: 'SIGTERM',
  28: 'SIGWINCH',
};
