/** `swarm egress show`: the policy in force. */
import type { Command } from 'commander';
import type { EgressResource } from '../../contracts/egress-requests.ts';
import { localTime, oneLine } from '../logs/event-text.ts';
import type { CommandBuilder, Session } from '../session.ts';

export function showCommand(build: CommandBuilder): Command {
  return build
    .command('show', 'Show what an agent may reach now, and which rules were added live')
    .argument('<name>', 'the agent')
    .action(
      build.act(async (session, name: string) => {
        const found = await (await session.client()).egress(name);
        if (session.output.format === 'json') session.output.json(found);
        else showPolicy(session, found);
        return 0;
      }),
    );
}

function showPolicy({ output }: Session, policy: EgressResource): void {
  const { agent, rules, mode, liveMode, callsPerMinute } = policy;
  if (rules.length === 0)
    output.note(`No rule allows ${agent} anything.\n  → swarm egress allow ${agent} HOST`);
  else
    output.table(
      ['RULE', 'ALLOWS', 'FROM', 'ADDED', 'BY'],
      rules.map(({ index, text, live }) => [
        String(index),
        oneLine(text),
        live?.id ?? revisionText(policy),
        live === null ? '' : localTime(live.createdAt),
        live === null ? '' : oneLine(live.createdBy),
      ]),
    );
  const who = liveMode === null ? '' : `, set live by ${oneLine(liveMode.updatedBy)}`;
  if (mode === 'audit')
    output.note(`Mode audit${who}: what no rule allows goes out too, and is recorded as such.`);
  else if (liveMode !== null) output.note(`Mode enforce${who}.`);
  if (callsPerMinute !== null)
    output.note(`At most ${callsPerMinute} calls a minute to each host.`);
}

function revisionText({ revision }: EgressResource): string {
  return revision === null ? 'revision' : `revision ${revision}`;
}
