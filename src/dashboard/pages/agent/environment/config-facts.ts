import type { RevisionResource } from '../../../../contracts/resources.ts';
import { partOf } from '../revision-config.ts';

export interface Fact {
  readonly name: string;
  /** A number of bytes or seconds, or text. */
  readonly value: { readonly bytes: number } | { readonly seconds: number } | string;
}
export interface FactGroup {
  readonly title: string;
  readonly facts: readonly Fact[];
}

const MIB = 1024 * 1024;

/** What a revision’s configuration says besides its environment, in the words of agent.yaml. */
export function configFacts(config: RevisionResource['config']): readonly FactGroup[] {
  const groups: FactGroup[] = [
    {
      title: 'Process',
      facts: named(config, ['entrypoint', 'command', 'workdir', 'user', 'port']),
    },
    {
      title: 'Resources of a machine',
      facts: named(partOf(config, 'resources'), ['cpus', 'memoryMib', 'diskMib']),
    },
    { title: 'Health check', facts: named(partOf(config, 'health')) },
    { title: 'Restart', facts: named(partOf(config, 'restart')) },
    { title: 'Calls at once', facts: named(partOf(config, 'concurrency')) },
    {
      title: 'Stopping and deploying',
      facts: [
        ...named(config, ['killSignal', 'killTimeoutMs']),
        ...named(partOf(config, 'deploy')),
      ],
    },
    { title: 'Payloads in the audit log', facts: named(partOf(config, 'audit')) },
    { title: 'Labels', facts: named(partOf(config, 'labels')) },
  ];
  return groups.filter(({ facts }) => facts.length > 0);
}

type Values = Readonly<Record<string, unknown>>;

function named(values: Values, names = Object.keys(values)): Fact[] {
  return names.flatMap((name) => {
    const value = factValue(name, values[name]);
    return value === undefined ? [] : [{ name: label(name), value }];
  });
}

/** `memoryMib` → `memory`: the unit stands at the value. */
function label(name: string): string {
  return name
    .replace(/(Mib|Bytes|Ms)$/, '')
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function factValue(name: string, value: unknown): Fact['value'] | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') {
    if (name.endsWith('Mib')) return { bytes: value * MIB };
    if (name.endsWith('Bytes')) return { bytes: value };
    return name.endsWith('Ms') ? { seconds: value / 1000 } : String(value);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
