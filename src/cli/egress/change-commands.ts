/** `swarm egress allow`, `remove` and `mode`: changes that hold at once. */
import { Argument, type Command } from 'commander';
import type { EgressMode } from '../../contracts/egress-policy.ts';
import type { EgressRuleBody } from '../../contracts/egress-requests.ts';
import { cliErrors } from '../errors.ts';
import { oneLine } from '../logs/event-text.ts';
import { collect, wholeNumber } from '../options.ts';
import type { CommandBuilder } from '../session.ts';

interface AllowOptions {
  readonly port?: readonly number[];
  readonly method?: readonly string[];
  readonly path?: readonly string[];
  readonly range?: readonly string[];
  readonly intercept: boolean;
}

const aPort = wholeNumber({ min: 1, max: 65_535 });
const ports = (text: string, earlier: readonly number[] = []) => [...earlier, aPort(text)];

export function allowCommand(build: CommandBuilder): Command {
  return build
    .command('allow', 'Let an agent reach a host, from now on and in later revisions')
    .argument('<name>', 'the agent')
    .argument('<host>', 'api.example.com, *.example.com, api.example.com:8443')
    .option('--port <port>', 'at this port; repeatable (default: 443)', ports)
    .option('--method <method>', 'with this method only; repeatable', collect)
    .option('--path <prefix>', 'below this path only; repeatable', collect)
    .option('--range <range>', 'may be at private addresses in 10.1.0.0/16; repeatable', collect)
    .option('--no-intercept', 'let TLS pass unseen: no secrets, no tokens, no cost')
    .addHelpText(
      'after',
      '\nIt holds at once, without new machines. To keep it with the agent, write it in agent.yaml too.',
    )
    .action(
      build.act(async ({ output, client }, name: string, host: string, options: AllowOptions) => {
        const added = await (await client()).addEgressRule(name, ruleOf(host, options));
        if (output.format === 'json') output.json(added);
        else
          output.note(
            `${name} may reach ${oneLine(added.text)}\n  → undo: swarm egress remove ${name} ${added.id}`,
          );
        return 0;
      }),
    );
}

/** swarmd says what is wrong with it. */
function ruleOf(text: string, options: AllowOptions): EgressRuleBody['rule'] {
  const { port, method, path, range, intercept } = options;
  const [, host = text, inText] = /^([^:/@]*):(\d{1,9})$/.exec(text) ?? [];
  if (inText !== undefined && port !== undefined)
    throw cliErrors.usage('the port stands behind the host and in --port', {
      remedy: 'Leave one of them out.',
    });
  // A port that cannot be is refused together with the host it stands behind.
  if (inText !== undefined && !method && !path && !range && intercept) return text;
  const at = inText === undefined ? port : [Number(inText)];
  const methods = method?.map((one) => one.toUpperCase());
  return {
    ...{ host, intercept },
    ...(at && { ports: [...at] }),
    ...(methods && { methods: methods as Methods }),
    ...(path && { paths: [...path] }),
    ...(range && { ranges: [...range] }),
  };
}

type Methods = Exclude<EgressRuleBody['rule'], string>['methods'];

export function removeCommand(build: CommandBuilder): Command {
  return build
    .command('remove', 'Remove a rule that was added live; what it allowed ends at once')
    .argument('<name>', 'the agent')
    .argument('<rule>', 'its id, or the rule as "swarm egress show" prints it')
    .action(
      build.act(async ({ output, client }, name: string, given: string) => {
        const api = await client();
        const { rules, revision } = await api.egress(name);
        const rule = rules.find(({ live, text }) => live?.id === given || text === given);
        if (rule !== undefined && rule.live === null)
          throw cliErrors.usage(`the rule is that of revision ${revision}, not a live one`, {
            remedy: 'Take it out of agent.yaml and deploy.',
          });
        const id = rule?.live?.id ?? given;
        await api.removeEgressRule(name, id);
        if (output.format === 'json') output.json({ agent: name, id, removed: true });
        else output.note(`${name} may no longer reach ${oneLine(rule?.text ?? id)}.`);
        return 0;
      }),
    );
}

export function modeCommand(build: CommandBuilder): Command {
  return build
    .command('mode', 'Set what becomes of calls that no rule allows')
    .argument('<name>', 'the agent')
    .addArgument(
      new Argument(
        '<mode>',
        'enforce: they are refused; audit: they go out and are recorded; revision: as agent.yaml says',
      ).choices(['enforce', 'audit', 'revision']),
    )
    .action(
      build.act(async ({ output, client }, name: string, mode: EgressMode | 'revision') => {
        const api = await client();
        const before = (await api.egress(name)).liveMode?.mode ?? 'revision';
        const now = await api.setEgressMode(name, mode === 'revision' ? null : mode);
        if (output.format === 'json') output.json(now);
        else {
          const means =
            now.mode === 'audit'
              ? 'what no rule allows goes out and is recorded'
              : 'what no rule allows is refused';
          output.note(
            `${name}: mode ${now.mode}, ${means}\n  → undo: swarm egress mode ${name} ${before}`,
          );
        }
        return 0;
      }),
    );
}
