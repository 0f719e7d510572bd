/** `swarm egress suggest`: a policy from what was seen, as YAML for agent.yaml. */
import type { Command } from 'commander';
import { oneLine } from '../logs/event-text.ts';
import { sinceText } from '../options.ts';
import { countText } from '../output/text.ts';
import type { CommandBuilder } from '../session.ts';

export function suggestCommand(build: CommandBuilder): Command {
  return build
    .command('suggest', 'Suggest a policy from the calls in the audit log, for agent.yaml')
    .argument('<name>', 'the agent')
    .option('--since <when>', 'calls since a time, or a duration back', sinceText, '7d')
    .addHelpText(
      'after',
      '\nRefused calls are in it too, marked as such: read it before you use it. What an agent was\ntalked into is seen like what it needs.',
    )
    .action(
      build.act(async ({ output, client }, name: string, { since }: { since: string }) => {
        const found = await (await client()).suggestEgress(name, { since });
        if (output.format === 'json') {
          output.json(found);
          return 0;
        }
        if (found.observed === 0) {
          output.note(
            `No calls of ${name} are in the log since ${since}.\n  → see what it needs: swarm egress mode ${name} audit`,
          );
          return 0;
        }
        for (const line of found.yaml.trimEnd().split('\n')) output.line(line);
        const newest = found.truncated ? 'the newest ' : '';
        output.note(
          `From ${newest}${countText(found.observed, 'call')}. It stands below "spec:" in agent.yaml.`,
        );
        for (const { host, port, method, count, reason } of found.stillRefused)
          output.note(
            `Still refused, ${countText(count, 'time')}: ${oneLine([method, `${host}:${port}`].filter(Boolean).join(' '))}: ${oneLine(reason)}`,
          );
        return 0;
      }),
    );
}
