/** How long a page of 50 events takes, newest first, over HTTP, one at a time. */
import type { BenchContext } from '../bench.ts';
import { percentile } from '../statistics.ts';
import type { BenchSwarmd } from './bench-swarmd.ts';
import { AGENTS, SPAN_MS, TOOLS } from './event-batches.ts';

const QUERIES = 60;
const WARM_UP = 5;

type Terms = (i: number) => Readonly<Record<string, string>>;

export async function benchQueries(
  context: BenchContext,
  { swarmd, size }: { swarmd: BenchSwarmd; size: number },
): Promise<void> {
  const nowMs = Date.now();
  const minutes = (from: number, length: number) => ({
    since: new Date(nowMs - SPAN_MS + from * 60_000).toISOString(),
    until: new Date(nowMs - SPAN_MS + (from + length) * 60_000).toISOString(),
  });
  const filtered = { targetMs: 50 };
  const text = { targetMs: 200 };
  const cases: readonly (readonly [string, { targetMs: number }, Terms])[] = [
    ['agent', filtered, (i) => ({ agent: `agent-${i % AGENTS}` })],
    ['tool', filtered, (i) => ({ tool: `tool-${i % TOOLS}` })],
    ['time', filtered, (i) => minutes((i * 23) % 1_400, 5)],
    [
      'agent_status_time',
      filtered,
      (i) => ({
        ...{ agent: `agent-${i % AGENTS}`, status: 'error' },
        ...minutes((i * 23) % 1_300, 120),
      }),
    ],
    ['run', filtered, (i) => ({ run: (i * 131 + 1).toString(16).padStart(32, '0') })],
    ['text_rare', text, (i) => ({ text: `c${(i * 337) % 20_011}` })],
    [
      'text_common',
      text,
      (i) => ({ text: ['invoice harbour', 'parcel', '"customer"'][i % 3] ?? '' }),
    ],
    ['text_none', text, (i) => ({ text: `nothing${i}` })],
    [
      'text_agent',
      text,
      (i) => ({ text: 'voucher', agent: `agent-${i % AGENTS}`, ...minutes((i * 23) % 1_000, 300) }),
    ],
  ];
  for (const [name, { targetMs }, terms] of cases) {
    context.signal.throwIfAborted();
    const { latenciesMs, empty } = await timed(swarmd, terms);
    const note = `${size} events; ${QUERIES} queries, ${empty} without a hit`;
    context.report({
      ...{ name: `audit.query.${name}.p50`, unit: 'ms', values: [percentile(latenciesMs, 0.5)] },
      note,
    });
    context.report({
      ...{ name: `audit.query.${name}.p95`, unit: 'ms', values: [percentile(latenciesMs, 0.95)] },
      ...{ note, target: { atMost: targetMs } },
    });
  }
}

async function timed(swarmd: BenchSwarmd, terms: Terms) {
  const latenciesMs: number[] = [];
  let empty = 0;
  for (let i = 0; i < WARM_UP + QUERIES; i++) {
    const query = new URLSearchParams({ ...terms(i), limit: '50' });
    const startedMs = performance.now();
    const { status, bytes } = await swarmd.get(`/v1/events?${query}`);
    const tookMs = performance.now() - startedMs;
    if (status !== 200) throw new Error(`${query} was answered with ${status}`);
    if (i < WARM_UP) continue;
    latenciesMs.push(tookMs);
    if (bytes < 100) empty++;
  }
  latenciesMs.sort((a, b) => a - b);
  return { latenciesMs, empty };
}
