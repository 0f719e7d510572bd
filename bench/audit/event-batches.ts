/**
 * Requests of 500 events each, as programs send them. The lines are made once and sent again with
 * other ids, written into the prepared bytes, so that the load costs little.
 */
export const BATCH_EVENTS = 500;
const BATCHES = 200;
const ID_DIGITS = 10;
export const AGENTS = 50;
export const TOOLS = 40;
/** Events lie in the day before the benchmark. */
export const SPAN_MS = 86_400_000;

const REGIONS = ['north', 'south', 'east', 'west', 'harbour', 'island', 'valley', 'summit'];
const ITEMS = ['invoice', 'parcel', 'contract', 'ticket', 'passport', 'voucher', 'licence'];

export interface EventBatches {
  /** The bytes of request number `call`; valid until it is asked for `BATCHES` calls later. */
  request(call: number): Buffer;
  /** The same without the HTTP head. */
  body(call: number): Buffer;
  readonly eventBytes: number;
}

export function eventBatches(options: {
  readonly nowMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Ids begin so: two loads on one log must not share them. */
  readonly prefix: string;
}): EventBatches {
  const batches = Array.from({ length: BATCHES }, (_, batch) => prepared(batch, options));
  const [first] = batches;
  if (first === undefined) throw new Error('there are no batches');
  const fill = (call: number): PreparedBatch => {
    const batch = batches[call % BATCHES] ?? first;
    for (const [i, at] of batch.idOffsets.entries())
      batch.bytes.write(
        String(call * BATCH_EVENTS + i).padStart(ID_DIGITS, '0'),
        batch.bodyOffset + at,
        'latin1',
      );
    return batch;
  };
  return {
    request: (call) => fill(call).bytes,
    body: (call) => {
      const { bytes, bodyOffset } = fill(call);
      return bytes.subarray(bodyOffset);
    },
    eventBytes: (first.bytes.length - first.bodyOffset) / BATCH_EVENTS,
  };
}

interface PreparedBatch {
  readonly bytes: Buffer;
  readonly bodyOffset: number;
  /** Of each line's id digits, in the body. */
  readonly idOffsets: readonly number[];
}

function prepared(
  batch: number,
  { nowMs, headers, prefix }: Parameters<typeof eventBatches>[0],
): PreparedBatch {
  const idOffsets: number[] = [];
  let body = '';
  for (let i = 0; i < BATCH_EVENTS; i++) {
    idOffsets.push(body.length + `{"id":"${prefix}`.length);
    body += `${line(batch * BATCH_EVENTS + i, { nowMs, prefix })}\n`;
  }
  const head = Object.entries({ ...headers, 'Content-Length': String(body.length) })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
  const start = `POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n${head}\r\n`;
  return { bytes: Buffer.from(start + body), bodyOffset: start.length, idOffsets };
}

/** About 460 bytes: a tool's call, with tokens, cost and a sentence. */
function line(n: number, { nowMs, prefix }: { nowMs: number; prefix: string }): string {
  const mixed = Math.imul(n + 1, 0x9e37_79b1) >>> 0;
  const isError = mixed % 37 === 0;
  const total = BATCHES * BATCH_EVENTS;
  return JSON.stringify({
    id: prefix + '0'.repeat(ID_DIGITS),
    time: new Date(nowMs - SPAN_MS + Math.floor((n / total) * SPAN_MS)).toISOString(),
    kind: 'program.tool_call',
    status: isError ? 'error' : 'ok',
    agent: `agent-${n % AGENTS}`,
    run: (Math.floor(n / 10) + 1).toString(16).padStart(32, '0'),
    span: (n + 1).toString(16).padStart(16, '0'),
    tool: `tool-${mixed % TOOLS}`,
    provider: 'openai',
    model: 'gpt-4o-mini',
    durationNs: 1_000_000 + (mixed % 1_000_000_000),
    tokens: { input: mixed % 4_000, output: mixed % 700 },
    cost: { amount: `0.00${1_000 + (mixed % 9_000)}`, currency: 'USD' },
    ...(isError && { error: { code: 'upstream_timeout', message: 'no answer in 30 s' } }),
    attributes: {
      note: `looked up ${ITEMS[mixed % ITEMS.length]} for customer c${mixed % 20_011} in ${REGIONS[mixed % REGIONS.length]}`,
    },
  });
}
