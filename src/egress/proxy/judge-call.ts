/** May a call go out, and where to: policy and resolution, for everything that leaves. */
import type { SwarmError } from '../../base/errors.ts';
import type { EgressCaller } from '../../contracts/egress.ts';
import { egressErrors } from '../errors.ts';
import { decide, type EgressDecision, type EgressRequest } from '../policy/decide.ts';
import type { CheckedAddress } from '../policy/resolve-host.ts';
import type { CallTrail } from './call-trail.ts';
import type { ProxyContext } from './proxy-context.ts';

export interface JudgedCall {
  readonly host: string;
  /** At least one. */
  readonly addresses: readonly CheckedAddress[];
}

/** What the trail says of a target, whatever becomes of it. */
export function judgePolicy(
  context: ProxyContext,
  by: {
    readonly caller: EgressCaller;
    readonly request: EgressRequest;
    /** What it may be taken for, too. */
    readonly also?: readonly EgressRequest[];
    readonly trail: CallTrail;
  },
): EgressDecision | SwarmError {
  const { caller, request, also = [], trail } = by;
  const policy = context.callers.policy(caller);
  const own = decide(policy, request);
  const others = also.map((one) => decide(policy, one));
  const decision = [own, ...others].find((one) => !one.allowed || one.wouldRefuse) ?? own;
  const host = decision.host === '' ? request.host.slice(0, 253) : decision.host;
  const rule = decision.rule?.text;
  trail.say({
    ...{ scheme: request.scheme, host, port: request.port },
    ...(rule !== undefined && { rule }),
    ...(decision.wouldRefuse && { wouldRefuse: decision.code ?? 'refused' }),
  });
  if (decision.allowed) return decision;
  return egressErrors.egress_refused(`The egress policy refuses it: ${decision.reason}.`, {
    details: { reason: decision.code ?? 'refused', host, ...(rule !== undefined && { rule }) },
  });
}

export async function resolveTarget(
  context: ProxyContext,
  by: {
    readonly caller: EgressCaller;
    readonly decision: EgressDecision;
    readonly signal: AbortSignal;
  },
): Promise<JudgedCall | SwarmError> {
  const { host, ranges } = by.decision;
  const { machineId } = by.caller;
  const found = await context.resolver.resolve({ host, ranges, machineId, signal: by.signal });
  if (found.ok) return { host, addresses: found.addresses };
  const options = { details: { host, reason: found.code } };
  if (found.code === 'refused')
    return egressErrors.egress_address_refused(`${found.reason}.`, options);
  if (found.code === 'not_found') return egressErrors.egress_not_found(`${found.reason}.`, options);
  return egressErrors.egress_unreachable(`${host} cannot be resolved: ${found.reason}.`, options);
}
