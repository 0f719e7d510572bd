import type { SwarmClient } from '../../contracts/client.ts';
import type { AgentResource, SystemResource } from '../../contracts/resources.ts';
import { allPages } from '../all-pages.ts';
import type { MakeCommand } from '../commands.ts';
import { oneLine } from '../logs/event-text.ts';
import { createLiveLines } from '../output/live-lines.ts';
import type { Colors } from '../output/output.ts';
import {
  AGENT_HEADERS,
  agentRow,
  pauseText,
  REPLICA_HEADERS,
  replicaRow,
  shortDigest,
  stateText,
} from '../output/resource-text.ts';
import { tableText } from '../output/table.ts';
import { printable } from '../output/text.ts';
import type { Session } from '../session.ts';

export const status: MakeCommand = (build) =>
  build
    .command('status', 'Show swarmd and its agents, or one agent with its replicas')
    .argument('[name]', 'the agent')
    .option('-w, --watch', 'stay, and show changes as they come')
    .action(
      build.act(async (session, name: string | undefined, options: { watch?: boolean }) => {
        const client = await session.client();
        if (name !== undefined) await client.agent(name); // Known? The error names the nearest.
        if (options.watch === true) await watch(session, { client, name });
        else if (name !== undefined)
          await showAgent(session, { client, agent: await client.agent(name) });
        else await showAll(session, client);
        return 0;
      }),
    );

async function showAgent(
  { output }: Session,
  { client, agent }: { client: SwarmClient; agent: AgentResource },
): Promise<void> {
  if (output.format === 'json') return output.json(agent);
  output.stdout.write(agentText(agent, output.colors));
  const { items } = await client.pauses();
  const pause = items.find((one) => one.agent === agent.name);
  if (pause !== undefined) output.note(`\n${pauseText(pause)}`);
}

async function showAll({ output }: Session, client: SwarmClient): Promise<void> {
  const [system, agents] = await Promise.all([
    client.system(),
    allPages((page) => client.agents(page)),
  ]);
  if (output.format === 'json') return output.json({ system, agents });
  output.line(
    `swarmd ${system.version} at ${client.connection.url}: ${system.driver} (${system.acceleration}), network ${system.network}, pid ${system.pid}, home ${system.home}`,
  );
  for (const line of auditLines(system, output.colors)) output.line(line);
  if (agents.length === 0) return output.note('There are no agents yet.\n  → swarm deploy FOLDER');
  output.line('');
  output.stdout.write(agentsText(agents, output.colors));
}

/** Nothing while all is well. */
function auditLines({ audit }: SystemResource, { red }: Colors): string[] {
  return [
    ...(audit.available
      ? []
      : [`${red('audit log')}: cannot be written: ${oneLine(audit.reason ?? 'no reason given')}`]),
    ...(audit.problem === null
      ? []
      : [
          `${red('audit log')}: its last verification found ${oneLine(audit.problem)}`,
          '  → keep a copy of the audit folder, then: swarm audit verify',
        ]),
  ];
}

function agentsText(agents: readonly AgentResource[], colors: Colors): string {
  const nowMs = Date.now();
  return tableText(
    AGENT_HEADERS,
    agents.map((agent) => agentRow(agent, { colors, nowMs })),
  );
}

function agentText(agent: AgentResource, colors: Colors): string {
  const nowMs = Date.now();
  const { replicas, image } = agent;
  const facts = [
    [
      'state',
      `${stateText(agent.state, colors)}, ${replicas.healthy} of ${replicas.desired} healthy`,
    ],
    ['url', agent.url],
    ['revision', agent.revision === null ? '-' : String(agent.revision)],
    [
      'image',
      image === null ? '-' : `${shortDigest(image.digest)} from ${printable(image.origin)}`,
    ],
    ...wayOutFacts(agent),
    ...(agent.deployment === null ? [] : [['deployment', `${agent.deployment} is under way`]]),
  ].map(([key = '', value = '']) => `${key.padEnd(11)}${value}\n`);
  const rows = replicas.items.map((replica) => replicaRow(replica, { colors, nowMs }));
  const table = rows.length === 0 ? '' : `\n${tableText(REPLICA_HEADERS, rows)}`;
  return `${colors.bold(agent.name)}\n${facts.join('')}${table}`;
}

/** Nothing while no machine has said what leads out of it. */
function wayOutFacts({ replicas }: AgentResource): string[][] {
  const said = replicas.items.map(({ machine }) => machine?.capture);
  if (said.includes('none'))
    return [
      ['way out', 'only what takes the proxy variables: the kernel inside catches nothing else'],
    ];
  return said.includes('all') ? [['way out', 'every connection is caught']] : [];
}

/** On a terminal: the table, drawn anew. Elsewhere: a line for each change. */
async function watch(
  { output, signal }: Session,
  { client, name }: { client: SwarmClient; name: string | undefined },
): Promise<void> {
  const agents = new Map<string, AgentResource>();
  const draws = output.stdout.isTTY === true && output.live;
  const live = createLiveLines(output.stdout);
  const draw = () => {
    const one = name === undefined ? undefined : agents.get(name);
    const all = [...agents.values()].toSorted((a, b) => a.name.localeCompare(b.name));
    const text = one === undefined ? agentsText(all, output.colors) : agentText(one, output.colors);
    live.draw([...text.trimEnd().split('\n'), output.colors.dim('Ctrl-C ends this.')]);
  };
  const timer = draws ? setInterval(draw, 1000) : undefined; // Ages go on.
  try {
    for await (const event of client.watch({
      signal,
      ...(name !== undefined && { agent: name }),
    })) {
      if (event.type === 'agent') agents.set(event.agent.name, event.agent);
      else agents.delete(event.name);
      if (output.format === 'json') output.jsonLine(event);
      else if (draws) draw();
      else if (event.type === 'agent_deleted') output.line(`${event.name}: deleted`);
      else output.line(changeLine(event.agent));
      if (event.type === 'agent_deleted' && event.name === name) return;
    }
  } finally {
    clearInterval(timer);
  }
}

function changeLine({ name, state, replicas, revision }: AgentResource): string {
  return `${name}: ${state}, ${replicas.healthy}/${replicas.desired} healthy, revision ${revision ?? '-'}`;
}
