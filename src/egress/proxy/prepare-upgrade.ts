import { SwarmError } from '../../base/errors.ts';
import type { Reservation, UsableSecret } from '../../contracts/egress.ts';
import { meterSocket } from '../metering/metering.ts';
import type { CheckedAddress } from '../policy/resolve-host.ts';
import type { CallTrail } from './call-trail.ts';
import { framingFault, type GuestRequest, hostsOf } from './guest-request.ts';
import { judgePolicy, resolveTarget } from './judge-call.ts';
import { overriddenRequests } from './overriding-headers.ts';
import { requestHeaders } from './passed-headers.ts';
import { faultError, type RefusedCall, refusal, sayFault, spendRefusal } from './prepare-call.ts';
import type { ProxyContext } from './proxy-context.ts';
import { type RequestTarget, requestTarget } from './request-target.ts';
import { hasPlaceholder, swapPlaceholders } from './swap-placeholders.ts';
import type { ValueMatcher } from './value-matcher.ts';

export interface PreparedUpgrade {
  readonly target: RequestTarget;
  readonly addresses: readonly CheckedAddress[];
  readonly headers: readonly string[];
  readonly reservation: Reservation;
  readonly used: readonly UsableSecret[];
  /** What is used over it costs money that nobody can count. */
  readonly paid: boolean;
  readonly matcher: ValueMatcher | undefined;
}

/** As prepareCall, for a handshake; judged as a GET. */
export async function prepareUpgrade(
  context: ProxyContext,
  by: { readonly call: GuestRequest; readonly trail: CallTrail; readonly signal: AbortSignal },
): Promise<PreparedUpgrade | RefusedCall> {
  const { call, trail, signal } = by;
  const { request, leg } = call;
  const { caller } = call.connection;
  const method = request.method ?? 'GET';
  trail.say({ method });
  const target =
    framingFault(request, context.limits.maxHeaders) ??
    requestTarget(leg, { url: request.url ?? '/', hosts: hostsOf(request) });
  if ('code' in target) {
    sayFault(trail, target);
    return refusal(faultError(target));
  }
  const { scheme, host, port, path } = target;
  trail.say({ path });
  const asked = { scheme, host, port, method, path };
  const also = overriddenRequests(asked, request.headers);
  const decision = judgePolicy(context, { caller, request: asked, also, trail });
  if (decision instanceof SwarmError) return refusal(decision);
  const paused = context.spending.paused(caller);
  if (paused !== undefined) return spendRefusal(undefined, paused);
  const judged = await resolveTarget(context, { caller, decision, signal });
  if (judged instanceof SwarmError) return refusal(judged);
  const { machineId } = caller;
  const matcher = context.matchers.of(machineId, context.placeholders.values(machineId));
  const swapped = swapPlaceholders(
    withoutExtensions(
      requestHeaders(request, { readable: false, identity: false }),
      matcher !== undefined,
    ),
    {
      target: { machineId, scheme, host, ruled: !decision.wouldRefuse },
      source: context.placeholders,
    },
  );
  const { used, kept } = swapped;
  trail.keptPlaceholders(kept);
  if (hasPlaceholder(path)) trail.keptPlaceholders(['path']);
  trail.say({
    ...(used.length > 0 && { secrets: used.map(({ name, version }) => `${name}@${version}`) }),
  });
  const paid = meterSocket({ host });
  const reserved = context.spending.reserve({
    ...{ caller, run: trail.budgetRun, host },
    request: paid ?? { provider: host, operation: 'other' },
  });
  if ('code' in reserved) return spendRefusal(undefined, reserved);
  return {
    ...{ target, addresses: judged.addresses, headers: swapped.headers },
    ...{ reservation: reserved, used, matcher, paid: paid !== undefined },
  };
}

/** Compressed frames cannot be scrubbed: no extension is offered. */
function withoutExtensions(headers: string[], scrubbed: boolean): string[] {
  if (!scrubbed) return headers;
  const kept: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.toLowerCase() !== 'sec-websocket-extensions')
      kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
