/** Everything that has to be so before a byte of a call leaves: each step may refuse it. */
import type { Readable } from 'node:stream';
import { SwarmError } from '../../base/errors.ts';
import type { Reservation, SpendRefusal, UsableSecret } from '../../contracts/egress.ts';
import { egressErrors } from '../errors.ts';
import {
  MAX_METERED_BODY_BYTES,
  type MeteredCall,
  providerRefusal,
  type RefusalAnswer,
} from '../metering/metering.ts';
import type { CheckedAddress } from '../policy/resolve-host.ts';
import { answerOf } from './answer-guest.ts';
import type { CallTrail } from './call-trail.ts';
import { framingFault, type GuestCall, hasBody, hostsOf } from './guest-request.ts';
import type { BodyLease } from './held-bodies.ts';
import { judgePolicy, resolveTarget } from './judge-call.ts';
import { mcpAttribute } from './mcp-attribute.ts';
import { overriddenRequests } from './overriding-headers.ts';
import { requestHeaders } from './passed-headers.ts';
import type { ProxyContext } from './proxy-context.ts';
import { readBody } from './read-body.ts';
import { type RequestTarget, requestTarget, type TargetFault } from './request-target.ts';
import { hasPlaceholder, swapPlaceholders } from './swap-placeholders.ts';
import type { ValueMatcher } from './value-matcher.ts';

export interface PreparedCall {
  readonly target: RequestTarget;
  readonly addresses: readonly CheckedAddress[];
  readonly method: string;
  readonly headers: string[];
  readonly body: Buffer | Readable | null;
  readonly metered: MeteredCall | undefined;
  readonly reservation: Reservation;
  readonly used: readonly UsableSecret[];
  /** What answers must not hold. */
  readonly matcher: ValueMatcher | undefined;
}

/** Not let through, and how the guest is told. */
export interface RefusedCall {
  readonly answer: RefusalAnswer;
  readonly error: { readonly code: string; readonly message: string };
  /** Not ours to refuse: the other side could not be asked. */
  readonly failed: boolean;
}

export interface PrepareOptions {
  readonly call: GuestCall;
  readonly trail: CallTrail;
  readonly signal: AbortSignal;
  /** Of what is kept of the body until the call ends. */
  readonly lease: BodyLease;
}

export async function prepareCall(
  context: ProxyContext,
  options: PrepareOptions,
): Promise<PreparedCall | RefusedCall> {
  const { call, trail, signal } = options;
  const { request, connection } = call;
  const { caller } = connection;
  const method = request.method ?? 'GET';
  trail.say({ method });
  const target = targetOf(context, options);
  if (target instanceof SwarmError) return refusal(target);
  const { host, port, scheme } = target;
  trail.say({ path: target.path });
  const asked = { scheme, host, port, method, path: target.path };
  const also = overriddenRequests(asked, request.headers);
  const decision = judgePolicy(context, { caller, request: asked, also, trail });
  if (decision instanceof SwarmError) return refusal(decision);
  // Before the name is asked for: a query is a way out, too.
  const paused = context.spending.paused(caller);
  const head = { ...asked, headers: request.headers };
  if (paused !== undefined) return spendRefusal(context.meter.meterCall(head), paused);
  const judged = await resolveTarget(context, { caller, decision, signal });
  if (judged instanceof SwarmError) return refusal(judged);
  const read = await bodyOf(options, { keep: context.meter.needsBody(head) });
  const metered = context.meter.meterCall({ ...head, ...(read.whole && { body: read.whole }) });
  trail.metered = metered;
  if (metered?.mcp !== undefined) trail.say({ mcp: mcpAttribute(metered.mcp, undefined) });
  const matcher = context.matchers.of(
    caller.machineId,
    context.placeholders.values(caller.machineId),
  );
  const swapped = swapPlaceholders(
    requestHeaders(request, {
      readable: matcher !== undefined,
      identity: metered?.identityOnly === true,
    }),
    {
      target: { machineId: caller.machineId, scheme, host, ruled: !decision.wouldRefuse },
      source: context.placeholders,
    },
  );
  saySecrets({ trail, swapped, path: target.path, whole: read.whole });
  const reserved = context.spending.reserve({
    ...{ caller, run: trail.budgetRun, host },
    request: metered?.request ?? { provider: host, operation: 'other' },
  });
  if ('code' in reserved) return spendRefusal(metered, reserved);
  const { headers } = swapped;
  const body = metered?.body ?? read.whole ?? read.stream ?? null;
  const length = request.headers['content-length'];
  if (body !== null && !Buffer.isBuffer(body) && length !== undefined)
    headers.push('Content-Length', length);
  return {
    ...{ target, addresses: judged.addresses, method, headers, body, metered },
    ...{ reservation: reserved, used: swapped.used, matcher },
  };
}

function targetOf(context: ProxyContext, { call, trail }: PrepareOptions) {
  const { request, leg } = call;
  const fault =
    framingFault(request, context.limits.maxHeaders) ??
    requestTarget(leg, { url: request.url ?? '/', hosts: hostsOf(request) });
  if (!('code' in fault)) return fault;
  sayFault(trail, fault);
  return faultError(fault);
}

export function sayFault(trail: CallTrail, fault: TargetFault): void {
  trail.say({
    ...(fault.host !== undefined && { host: fault.host }),
    ...(fault.port !== undefined && { port: fault.port }),
  });
}

export function faultError(fault: TargetFault): SwarmError {
  const details = fault.host === undefined ? {} : { host: fault.host };
  return egressErrors[fault.code](fault.message, { details });
}

/** Reads the body when it is wanted as a whole and short enough. */
async function bodyOf(
  { call, trail, lease }: PrepareOptions,
  { keep }: { readonly keep: boolean },
): Promise<{ readonly whole?: Buffer; readonly stream?: Readable }> {
  const { request, response, expectsContinue } = call;
  if (!hasBody(request)) return {};
  if (!keep) return { stream: request };
  if (expectsContinue) response.writeContinue();
  const read = await readBody(request, { maxBytes: MAX_METERED_BODY_BYTES, lease });
  if ('whole' in read) return read;
  trail.say({ unmetered: true });
  return read;
}

function saySecrets(by: {
  readonly trail: CallTrail;
  readonly swapped: ReturnType<typeof swapPlaceholders>;
  readonly path: string;
  readonly whole: Buffer | undefined;
}): void {
  const { used, kept } = by.swapped;
  by.trail.keptPlaceholders(kept);
  if (hasPlaceholder(by.path)) by.trail.keptPlaceholders(['path']);
  if (by.whole !== undefined && hasPlaceholder(by.whole)) by.trail.keptPlaceholders(['body']);
  by.trail.say({
    ...(used.length > 0 && { secrets: used.map(({ name, version }) => `${name}@${version}`) }),
  });
}

export function refusal(error: SwarmError): RefusedCall {
  return { answer: answerOf(error), error, failed: error.status >= 500 };
}

export function spendRefusal(metered: MeteredCall | undefined, refused: SpendRefusal): RefusedCall {
  return { answer: providerRefusal(metered?.request, refused), error: refused, failed: false };
}
