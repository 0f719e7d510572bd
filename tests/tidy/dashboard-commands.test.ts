/** What the dashboard tells a user to run is what the command line takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { files, read } from './tree.ts';

const NAMED = /(?:command=\{?["`]|<code>)(swarm [^"`<]*)/g;

interface Command {
  readonly maxArguments: number;
  /** Whether each takes a value. */
  readonly options: ReadonlyMap<string, boolean>;
}

/** From docs/reference/cli.md, which a golden test keeps as the command line is. */
function documentedCommands(text: string): ReadonlyMap<string, Command> {
  const sections = text.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [title = '', ...lines] = section.split('\n');
      const options = new Map([['--output', true]]);
      let maxArguments = 0;
      for (const line of lines) {
        const [, given] = /^- `([^`]+)`/.exec(line) ?? [];
        if (given === undefined) continue;
        if (!given.startsWith('-')) maxArguments += given.includes('...') ? Infinity : 1;
        for (const [option] of given.matchAll(/--?[a-z][a-z-]*/g))
          if (given.startsWith('-')) options.set(option, given.includes('<'));
      }
      return [title.trim(), { maxArguments, options }];
    }),
  );
}

/** @returns what is wrong with it */
function faultOf(line: string, commands: ReadonlyMap<string, Command>): string | undefined {
  const words = line.replace(/\$\{[^}]*\}/g, 'X').match(/'[^']*'|[^\s']+/g) ?? [];
  const end = words.findIndex((word) => word === '|' || word === '--');
  const left = end < 0 ? words : words.slice(0, end);
  let length = left.length;
  while (length > 1 && !commands.has(left.slice(0, length).join(' '))) length--;
  const command = commands.get(left.slice(0, length).join(' '));
  if (command === undefined) return left.length > 1 ? 'no such command' : undefined;
  let found = 0;
  for (let i = length; i < left.length; i++) {
    const word = left[i] ?? '';
    if (!word.startsWith('-')) {
      found++;
      continue;
    }
    const flags = /^-[a-z]{2,}$/.test(word) ? [...word.slice(1)].map((flag) => `-${flag}`) : [word];
    const unknown = flags.find((flag) => !command.options.has(flag));
    if (unknown !== undefined) return `has no ${unknown}`;
    if (command.options.get(word)) i++;
  }
  return found > command.maxArguments ? `takes ${command.maxArguments} arguments` : undefined;
}

test('every command that the dashboard names exists, with its options and arguments', () => {
  const commands = documentedCommands(read('docs/reference/cli.md'));
  const faults: string[] = [];
  let named = 0;
  const pages = files.filter((path) => path.startsWith('src/dashboard/') && path.endsWith('.tsx'));
  for (const path of pages)
    for (const [, line = ''] of read(path).matchAll(NAMED)) {
      named++;
      const fault = faultOf(line, commands);
      if (fault !== undefined) faults.push(`${path}: ${line}: ${fault}`);
    }
  assert.deepEqual(faults, []);
  assert.ok(named > 20, `${named} commands were found`);
});

test('what is wrong with a command is found', () => {
  const commands = documentedCommands(
    '# x\n## swarm scale\n\n- `<name>` — the agent\n- `-n, --replicas <n>` — how many\n- `-t, --tty` — x\n',
  );
  assert.equal(faultOf('swarm scale desk --replicas 2 -t', commands), undefined);
  assert.equal(faultOf('swarm scale desk 2', commands), 'takes 1 arguments');
  assert.equal(faultOf('swarm grow desk', commands), 'no such command');
  assert.equal(faultOf('swarm scale desk --to 2', commands), 'has no --to');
});
