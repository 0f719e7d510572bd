/** What agents do, as a table for people. Pure. */
import type { Activity, Overview } from '../../contracts/overview.ts';
import type { AgentResource } from '../../contracts/resources.ts';
import { moneyText } from '../cost/cost-text.ts';
import type { Colors } from '../output/output.ts';
import { stateText } from '../output/resource-text.ts';
import { durationText, printable } from '../output/text.ts';

export const ACTIVITY_HEADERS = [
  ...['NAME', 'STATE', 'REPLICAS', 'CALLS/MIN', 'TODAY', 'REFUSED', 'ERRORS', 'P50', 'P95'],
  ...['COST TODAY', 'THIS MONTH'],
] as const;

/** A row for each agent that there is or that did something, by name, and one for all. */
export function activityRows(
  agents: readonly AgentResource[],
  { overview, colors }: { readonly overview: Overview; readonly colors: Colors },
): string[][] {
  const states = new Map(agents.map((agent) => [agent.name, agent]));
  const figures = new Map(overview.agents.map((one) => [one.agent, one]));
  const names = [...new Set([...states.keys(), ...figures.keys()])].sort();
  const rows = names.map((name) => {
    const agent = states.get(name);
    return [
      printable(name),
      agent === undefined ? colors.dim('deleted') : stateText(agent.state, colors),
      agent === undefined ? '-' : `${agent.replicas.healthy}/${agent.replicas.desired}`,
      ...figureCells(figures.get(name), colors),
    ];
  });
  const all = ['(all agents)', '', '', ...figureCells(overview.totals, colors)];
  return [...rows, all];
}

function figureCells(figures: Activity | undefined, colors: Colors): string[] {
  if (figures === undefined) return ['0', '0', '0', '-', '-', '-', '-', '-'];
  const { errorRate } = figures;
  const errors = errorRate === null ? '-' : `${(errorRate * 100).toFixed(1)} %`;
  return [
    String(figures.callsPerMinute),
    String(figures.callsToday),
    String(figures.refusedToday),
    errorRate !== null && errorRate > 0 ? colors.red(errors) : errors,
    figures.p50Ms === null ? '-' : durationText(figures.p50Ms),
    figures.p95Ms === null ? '-' : durationText(figures.p95Ms),
    `$${moneyText(figures.costToday)}`,
    `$${moneyText(figures.costThisMonth)}`,
  ];
}
