import type { MakeCommand } from '../commands.ts';
import { wholeNumber } from '../options.ts';
import { countText } from '../output/text.ts';
import { MAX_REPLICAS } from '../replica-limit.ts';

export const scale: MakeCommand = (build) =>
  build
    .command('scale', 'Set how many replicas of an agent run')
    .argument('<name>', 'the agent')
    .requiredOption(
      '--replicas <n>',
      `how many, 0 to ${MAX_REPLICAS}`,
      wholeNumber({ min: 0, max: MAX_REPLICAS }),
    )
    .action(
      build.act(async ({ output, client }, name: string, { replicas }: { replicas: number }) => {
        const agent = await (await client()).scale(name, { replicas });
        if (output.format === 'json') output.json(agent);
        else
          output.note(
            `${name}: ${countText(agent.replicas.desired, 'replica')} wanted, ${agent.replicas.healthy} healthy\n  → swarm status ${name} --watch`,
          );
        return 0;
      }),
    );
