/** A run as a tree, for people. Pure. */
import type { EventResource } from '../../contracts/event.ts';
import type { RunNode, RunResource } from '../../contracts/event-query.ts';
import {
  agentText,
  costText,
  localTime,
  oneLine,
  statusText,
  summaryText,
  tokensText,
  tookText,
} from '../logs/event-text.ts';
import type { Colors } from '../output/output.ts';
import { countText, durationText } from '../output/text.ts';

export const RUN_HEADERS = ['AT', 'TOOK', 'STATUS', 'TOKENS', 'COST', 'EVENT'] as const;

/** Deeper than this a line has no room for what it says. */
const MAX_INDENT = 30;

/** The head of a run: how it went as a whole. */
export function runHead(run: RunResource, colors: Colors): string[] {
  const cost = run.cost.map((one) => costText(one)).join(', ');
  const facts = [
    tookText(run.durationNs),
    countText(run.events, 'event'),
    run.errors === 0 ? '' : countText(run.errors, 'error'),
    tokensText(run.tokens) === '' ? '' : `${tokensText(run.tokens)} tokens`,
    cost,
  ].filter((fact) => fact !== '');
  return [
    `run ${colors.bold(run.id)}  ${statusText(run.status, colors)}`,
    `${localTime(run.startedAt)}, ${facts.join(', ')}; agents: ${run.agents.map(oneLine).join(', ') || 'none'}`,
    ...(run.truncated
      ? [colors.yellow('It has more events than are shown here: swarm logs --run ID --all')]
      : []),
  ];
}

/** Its events, depth first. */
export function runEvents(run: RunResource): EventResource[] {
  return placedNodes(run).map(({ node }) => node.event);
}

/** One row an event, in the same order. */
export function runRows(run: RunResource, colors: Colors): string[][] {
  const startMs = Date.parse(run.startedAt);
  return placedNodes(run).map(({ node: { event }, branch }) => [
    `+${durationText(Math.max(0, Date.parse(event.time) - startMs))}`,
    tookText(event.durationNs),
    statusText(event.status, colors),
    tokensText(event.tokens),
    costText(event.cost),
    [`${colors.dim(branch)}${event.kind}`, agentText(event), summaryText(event)]
      .filter((part) => part !== '')
      .join('  '),
  ]);
}

/** With a stack of its own: a run may be nested as deep as its sender likes. */
function placedNodes(run: RunResource): Placed[] {
  const placed: Placed[] = [];
  const stack = childrenOf(run.roots, '').reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    placed.push(next);
    stack.push(...childrenOf(next.node.children, next.below).reverse());
  }
  return placed;
}

interface Placed {
  readonly node: RunNode;
  /** `│  └─ ` */
  readonly branch: string;
  /** What stands before the branches of its children. */
  readonly below: string;
}

function childrenOf(nodes: readonly RunNode[], before: string): Placed[] {
  const indent = before.length > MAX_INDENT ? before.slice(0, MAX_INDENT) : before;
  return nodes.map((node, index) => {
    const last = index === nodes.length - 1;
    return {
      node,
      branch: `${indent}${last ? '└─ ' : '├─ '}`,
      below: `${indent}${last ? '   ' : '│  '}`,
    };
  });
}
