/**
 * Ways out of machines: who calls over which one, what may leave, and which run a call belongs to.
 * Told by the fleet before a machine's process starts, asked by the proxy with every call.
 */
import type { AgentConfig } from '../contracts/agent-config.ts';
import type { EgressCaller, EgressCallers } from '../contracts/egress.ts';
import type { EgressPolicy } from '../contracts/egress-policy.ts';
import { EGRESS_PROXY_PORT } from '../contracts/guest.ts';
import type { Outlets } from '../contracts/machine-environment.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../contracts/trail.ts';
import type { EgressPolicies } from '../egress/egress.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { egressEnvironment } from '../machines/machines.ts';
import type { Secrets } from '../secrets/secrets.ts';

interface OpenOutlet {
  readonly caller: EgressCaller;
  readonly config: AgentConfig;
}

export interface OutletsOptions {
  readonly secrets: Pick<Secrets, 'environment' | 'machines'>;
  readonly policies: Pick<EgressPolicies, 'policy' | 'forget'>;
  readonly running: Gateway['running'];
  /** Of what nobody waits for. */
  readonly onError: (error: unknown) => void;
  /** PEM that machines of the workspace trust; made when it is asked for first. */
  readonly authority: (workspaceId: string) => Promise<string>;
}

export interface MachineOutlets extends Outlets {
  readonly callers: EgressCallers;
}

export function createOutlets(options: OutletsOptions): MachineOutlets {
  const { secrets, policies, running } = options;
  const open = new Map<string, OpenOutlet>();
  const configOf = (caller: EgressCaller) => open.get(caller.machineId)?.config;
  const policyOf = (caller: EgressCaller) => policies.policy(caller, configOf(caller)?.egress);
  return {
    async open(caller, { config, env }) {
      open.set(caller.machineId, { caller, config });
      const authority = await options.authority(caller.workspaceId);
      // Of agent.yaml alone: an image may not ask for secrets.
      const resolved = await secrets.environment.resolve(caller, config.env);
      const hostname = env.HOSTNAME;
      const ours = {
        ...egressEnvironment(hostname === undefined ? {} : { hostname }),
        ...baseUrls(policyOf(caller)),
      };
      // agent.yaml has the last word; an image's own trust store would not know the authority.
      return { env: { ...env, ...ours, ...resolved.env }, authority };
    },
    async adopt(caller, { config }) {
      open.set(caller.machineId, { caller, config });
      await options.authority(caller.workspaceId);
      await secrets.machines.register(caller, config.env);
    },
    close(machineId) {
      open.delete(machineId);
      secrets.machines.forget(machineId);
    },
    forgetAgent(agent) {
      // The store has done so already: this is for what is in memory.
      policies.forget(agent).catch(options.onError);
    },
    callers: {
      find: (machineId) => open.get(machineId)?.caller,
      policy: policyOf,
      payloadPolicy: (caller) => configOf(caller)?.audit ?? DEFAULT_PAYLOAD_POLICY,
      run: (caller, trace) => causeOf(running(caller.machineId), trace),
    },
  };
}

/**
 * The run in flight that a call's trace names, else the only one in flight. What a guest says of a
 * run that is not in flight on its machine is kept, and marked; budgets do not believe it.
 */
export function causeOf(
  inFlight: ReturnType<Gateway['running']>,
  trace: { readonly run: string; readonly parent: string } | undefined,
): ReturnType<EgressCallers['run']> {
  if (trace !== undefined && inFlight.some(({ run }) => run === trace.run))
    return { ...trace, certain: true, budgetRun: trace.run };
  const [only, ...others] = inFlight;
  if (trace !== undefined)
    return { ...trace, certain: false, budgetRun: (others.at(-1) ?? only)?.run };
  if (only === undefined) return undefined;
  const certain = others.every(({ run }) => run === only.run);
  // Of several runs the newest is the likeliest.
  const likely = others.at(-1) ?? only;
  return {
    run: likely.run,
    budgetRun: likely.run,
    parent: certain && others.length > 0 ? undefined : likely.span,
    certain,
  };
}

/**
 * Where the providers' own client libraries look for their API: plain HTTP to the proxy inside the
 * machine, which speaks TLS to the provider. So a client that trusts no authority but its own works.
 */
const BASE_URLS = [
  { name: 'OPENAI_BASE_URL', host: 'api.openai.com', path: '/v1' },
  { name: 'ANTHROPIC_BASE_URL', host: 'api.anthropic.com', path: '' },
];

function baseUrls({ rules }: EgressPolicy): Record<string, string> {
  const urls: Record<string, string> = {};
  for (const { name, host, path } of BASE_URLS)
    if (rules.some((rule) => rule.host === host && rule.intercept))
      urls[name] = `http://127.0.0.1:${EGRESS_PROXY_PORT}/-/https/${host}${path}`;
  return urls;
}
