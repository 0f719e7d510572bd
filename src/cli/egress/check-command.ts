/** `swarm egress check`: a dry run of one call. */
import type { Command } from 'commander';
import type { EgressCheckBody, EgressCheckResource } from '../../contracts/egress-requests.ts';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { oneLine } from '../logs/event-text.ts';
import type { CommandBuilder } from '../session.ts';

export function checkCommand(build: CommandBuilder): Command {
  return build
    .command('check', 'Would a call be let through, and which rule says so? Sends nothing')
    .argument('<name>', 'the agent')
    .argument('<url>', 'https://api.example.com/v1; tcp://db.example.com:5432')
    .option('--method <method>', 'the method of the call', 'GET')
    .addHelpText('after', '\nThe exit code is 0 if it would go out, 1 if not.')
    .action(
      build.act(async ({ output, client }, name: string, url: string, { method }: Options) => {
        const call = callOf(url, method);
        const found = await (await client()).checkEgress(name, call);
        if (output.format === 'json') output.json(found);
        else for (const line of linesOf(found, { name, url, call })) output.line(line);
        return found.allowed ? EXIT.ok : EXIT.failure;
      }),
    );
}

interface Options {
  readonly method: string;
}

/** Taken apart and not mended: a host is judged as an agent would write it. */
export function callOf(url: string, method: string): EgressCheckBody {
  const [, scheme = 'https', authority = '', path] =
    /^(?:([a-z]+):\/\/)?([^/?]*)([/?].*)?$/is.exec(url) ?? [];
  const [, host = authority, port] = /^(.*):(\d{1,5})$/s.exec(authority) ?? [];
  const known = (['http', 'https', 'tcp'] as const).find((one) => one === scheme.toLowerCase());
  if (known === undefined)
    throw cliErrors.usage(
      `"${oneLine(scheme.slice(0, 20))}" is no scheme that can leave a machine`,
      {
        remedy: 'Write https://, http:// or tcp:// before the host.',
      },
    );
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535))
    throw cliErrors.usage(`there is no port ${port}`, { remedy: 'Write one from 1 to 65535.' });
  const at = { scheme: known, host, ...(port !== undefined && { port: Number(port) }) };
  if (known === 'tcp') return at;
  return {
    ...at,
    method,
    path: path === undefined || path.startsWith('?') ? `/${path ?? ''}` : path,
  };
}

/** The command that would let this very call out: a rule with port 443 alone lets out no other. */
export function allowing(
  { scheme, port }: EgressCheckBody,
  { name, host, code }: { readonly name: string; readonly host: string; readonly code: string },
): string {
  const at = port ?? (scheme === 'http' ? 80 : 443);
  const unseen = scheme === 'tcp' || code === 'protocol_not_allowed' ? ' --no-intercept' : '';
  return `swarm egress allow ${name} ${host}${at === 443 ? '' : `:${at}`}${unseen}`;
}

/** What the user sees on the last line is what to do. */
function linesOf(
  found: EgressCheckResource,
  {
    name,
    url,
    call,
  }: { readonly name: string; readonly url: string; readonly call: EgressCheckBody },
): string[] {
  const { allowed, wouldRefuse, reason, rule, intercept, addresses, code, host } = found;
  const { scheme } = call;
  const verdict = allowed ? (wouldRefuse ? 'goes out (mode audit)' : 'goes out') : 'is refused';
  const lines = [`${oneLine(url)} ${verdict}: ${oneLine(reason)}`];
  if (rule !== null) {
    const from = rule.live === null ? "the revision's" : `live, ${rule.live}`;
    lines.push(`rule ${rule.index}: ${oneLine(rule.text)} (${from})`);
  }
  if (allowed) {
    if (scheme !== 'http') lines.push(intercept ? 'TLS is opened' : 'TLS passes unseen');
    if (addresses !== null) lines.push(`goes to ${addresses.join(', ')}`);
  } else if (host !== '' && code?.endsWith('_not_allowed') === true)
    lines.push(`  → ${allowing(call, { name, host, code })}`);
  else if (code === 'address_refused')
    lines.push(`  → if that is meant: swarm egress allow ${name} ${host} --range RANGE`);
  return lines;
}
