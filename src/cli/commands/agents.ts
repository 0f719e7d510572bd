import { allPages } from '../all-pages.ts';
import type { MakeCommand } from '../commands.ts';
import { AGENT_HEADERS, agentRow } from '../output/resource-text.ts';

export const agents: MakeCommand = (build) =>
  build.command('agents', 'List the agents').action(
    build.act(async ({ output, client }) => {
      const api = await client();
      const items = await allPages((page) => api.agents(page));
      if (output.format === 'json') output.json(items);
      else if (items.length === 0) output.note('There are no agents yet.\n  → swarm deploy FOLDER');
      else {
        const nowMs = Date.now();
        output.table(
          AGENT_HEADERS,
          items.map((agent) => agentRow(agent, { colors: output.colors, nowMs })),
        );
      }
      return 0;
    }),
  );
