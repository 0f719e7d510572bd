import type { Overview } from '../../contracts/overview.ts';
import type { AgentResource } from '../../contracts/resources.ts';
import { ACTIVITY_HEADERS, activityRows } from '../activity/activity-table.ts';
import { allPages } from '../all-pages.ts';
import type { MakeCommand } from '../commands.ts';
import { createLiveLines } from '../output/live-lines.ts';
import { tableText } from '../output/table.ts';

export const top: MakeCommand = (build) =>
  build
    .command('top', 'Show how agents are doing: calls, errors, latency and cost, live')
    .option('--once', 'show it once and end, as always when the output is no terminal')
    .addHelpText(
      'after',
      '\nERRORS, P50 and P95 are of the last hour; TODAY and costs by days and months in UTC.',
    )
    .action(
      build.act(async ({ output, client, signal }, { once }: { once?: true }) => {
        const api = await client();
        if (output.format === 'json') {
          output.json(await api.overview(signal));
          return 0;
        }
        const rows = (agents: readonly AgentResource[], overview: Overview) =>
          activityRows(agents, { overview, colors: output.colors });
        if (once === true || output.stdout.isTTY !== true || !output.live) {
          const agents = await allPages((page) => api.agents(page));
          output.table(ACTIVITY_HEADERS, rows(agents, await api.overview(signal)));
          return 0;
        }
        const lines = createLiveLines(output.stdout);
        const agents = new Map<string, AgentResource>();
        let overview: Overview | undefined;
        for await (const message of api.live({ events: 'none' }, { signal })) {
          if (message.type === 'agents') {
            agents.clear();
            for (const agent of message.agents) agents.set(agent.name, agent);
          } else if (message.type === 'agent') agents.set(message.agent.name, message.agent);
          else if (message.type === 'agent_deleted') agents.delete(message.name);
          else if (message.type === 'overview') ({ overview } = message);
          if (overview === undefined) continue;
          const table = tableText(ACTIVITY_HEADERS, rows([...agents.values()], overview));
          lines.draw(fitHeight(table.trimEnd().split('\n'), output.stdout.rows || 24));
        }
        return 0;
      }),
    );

/** The cursor cannot go back to lines that have left the terminal; the last is of all agents. */
function fitHeight(lines: readonly string[], height: number): readonly string[] {
  const room = Math.max(4, height - 1);
  const [last = ''] = lines.slice(-1);
  if (lines.length <= room) return lines;
  const left = lines.length - room + 1;
  return [...lines.slice(0, room - 2), `… and ${left} more agents: swarm top --once`, last];
}
