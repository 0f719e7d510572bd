/** A run as a tree: an event is below the event whose span is its parent. */
import Big from 'big.js';
import type { EventResource, EventTokens } from '../../contracts/event.ts';
import type { RunNode, RunResource } from '../../contracts/event-query.ts';

/** Deeper ones are shown beside their parent: what reads trees recursively must not overflow. */
const MAX_DEPTH = 200;
const MILLISECOND_NS = 1_000_000n;

/** @param events of one run, at least one */
export function runTree(
  runId: string,
  events: readonly EventResource[],
  truncated: boolean,
): RunResource {
  const sorted = [...events].sort(byTime);
  const isOpen = sorted.some(({ status }) => status === 'open');
  const startNs = sorted.reduce((min, { time }) => minOf(min, nsOf(time)), nsOf(sorted[0]?.time));
  const endNs = sorted.reduce((max, event) => maxOf(max, endOf(event)), startNs);
  return {
    id: runId,
    status: isOpen ? 'open' : (sorted[0]?.status ?? 'unknown'),
    agents: [...new Set(sorted.flatMap(({ agent }) => agent ?? []))],
    startedAt: timeOf(startNs),
    endedAt: isOpen ? null : timeOf(endNs),
    durationNs: isOpen ? null : Number(endNs - startNs),
    events: sorted.length,
    errors: sorted.filter(({ status }) => status === 'error').length,
    tokens: sumTokens(sorted),
    cost: sumCosts(sorted),
    truncated,
    roots: rootsOf(sorted),
  };
}

interface Node {
  readonly event: EventResource;
  readonly children: Node[];
}

/** Events whose parent is not there, or is below themselves, are roots. */
function rootsOf(sorted: readonly EventResource[]): RunNode[] {
  const nodes = sorted.map((event): Node => ({ event, children: [] }));
  const bySpan = new Map<string, Node>();
  for (const node of nodes)
    if (node.event.span !== undefined && !bySpan.has(node.event.span))
      bySpan.set(node.event.span, node);
  const parents = new Map<Node, Node>();
  const roots: Node[] = [];
  for (const node of nodes) {
    const parent = node.event.parent === undefined ? undefined : bySpan.get(node.event.parent);
    if (parent === undefined || isBelow(parents, parent, node)) roots.push(node);
    else parents.set(node, parent);
  }
  const depths = new Map<Node, number>();
  for (const node of nodes) {
    let parent = parents.get(node);
    while (parent !== undefined && depthOf(parents, depths, parent) >= MAX_DEPTH)
      parent = parents.get(parent);
    parent?.children.push(node);
  }
  return roots;
}

function isBelow(parents: ReadonlyMap<Node, Node>, node: Node, above: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = parents.get(at))
    if (at === above) return true;
  return false;
}

/** Remembers what it counts: chains may be as long as the run. */
function depthOf(parents: ReadonlyMap<Node, Node>, depths: Map<Node, number>, node: Node): number {
  const path: Node[] = [];
  let at: Node | undefined = node;
  while (at !== undefined && !depths.has(at)) {
    path.push(at);
    at = parents.get(at);
  }
  let depth = at === undefined ? 0 : (depths.get(at) ?? 0);
  for (const above of path.reverse()) depths.set(above, ++depth);
  return depth;
}

function byTime(a: EventResource, b: EventResource): number {
  const [left, right] = [nsOf(a.time), nsOf(b.time)];
  if (left === right) return a.seq - b.seq;
  return left < right ? -1 : 1;
}

const TOKEN_CLASSES = [
  ...(['input', 'output', 'cacheRead', 'cacheWrite', 'cacheWriteLong', 'reasoning'] as const),
];

function sumTokens(events: readonly EventResource[]): EventTokens {
  const sums: EventTokens = {};
  for (const { tokens } of events) {
    if (tokens === undefined) continue;
    for (const name of TOKEN_CLASSES) {
      const count = tokens[name];
      if (count !== undefined)
        sums[name] = Math.min(Number.MAX_SAFE_INTEGER, (sums[name] ?? 0) + count);
    }
  }
  return sums;
}

function sumCosts(events: readonly EventResource[]): { amount: string; currency: string }[] {
  const sums = new Map<string, Big>();
  for (const { cost } of events)
    if (cost !== undefined)
      sums.set(cost.currency, (sums.get(cost.currency) ?? new Big(0)).plus(cost.amount));
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, sum]) => ({ amount: sum.toFixed(), currency }));
}

function endOf({ time, durationNs }: EventResource): bigint {
  return nsOf(time) + BigInt(durationNs ?? 0);
}

function nsOf(time: string | undefined): bigint {
  if (time === undefined) return 0n;
  const [seconds = '', fraction = ''] = time.replace('Z', '').split('.');
  const ms = Date.parse(`${seconds}Z`);
  return BigInt(Number.isNaN(ms) ? 0 : ms) * MILLISECOND_NS + BigInt(fraction.padEnd(9, '0'));
}

function timeOf(ns: bigint): string {
  const second = 1_000_000_000n;
  const rest = ((ns % second) + second) % second;
  const seconds = new Date(Number((ns - rest) / MILLISECOND_NS)).toISOString().slice(0, 19);
  const fraction = String(rest).padStart(9, '0').replace(/0+$/, '');
  return fraction === '' ? `${seconds}Z` : `${seconds}.${fraction}Z`;
}

function minOf(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
