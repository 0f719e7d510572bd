/**
 * Runs one benchmark: `node bench/run.ts NAME [--key value …]`.
 * Standard output: JSON lines (facts, then one line per measurement). Standard error: a table.
 * Exit code 1 when a target is missed and `--strict` is given, 2 when nothing could be measured.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../src/base/errors.ts';
import type { Benchmark, Measurement } from './bench.ts';
import { machineFacts } from './machine-facts.ts';
import { median, percentile } from './statistics.ts';

const NAMES = ['gateway', 'deploy', 'audit', 'egress', 'dashboard'];

interface Row {
  readonly name: string;
  readonly unit: string;
  readonly repeats: number;
  readonly min: number | null;
  readonly median: number | null;
  readonly max: number | null;
  readonly target: string | null;
  readonly verdict: 'met' | 'missed' | 'no target' | 'not measured';
  readonly note: string;
}

function rowOf(measurement: Measurement): Row {
  const sorted = [...measurement.values].sort((a, b) => a - b);
  const middle = median(measurement.values);
  const { target } = measurement;
  const met =
    target !== undefined &&
    ('atMost' in target ? middle <= target.atMost : middle >= target.atLeast);
  return {
    name: measurement.name,
    unit: measurement.unit,
    repeats: sorted.length,
    min: rounded(percentile(sorted, 0)),
    median: rounded(middle),
    max: rounded(percentile(sorted, 1)),
    target:
      target === undefined
        ? null
        : 'atMost' in target
          ? `≤ ${target.atMost}`
          : `≥ ${target.atLeast}`,
    verdict: target === undefined ? 'no target' : met ? 'met' : 'missed',
    note: measurement.note ?? '',
  };
}

function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}

function tableOf(rows: readonly Row[]): string {
  const columns = ['name', 'unit', 'repeats', 'min', 'median', 'max', 'target', 'verdict', 'note'];
  const cells = rows.map((row) => columns.map((column) => String(row[column as keyof Row] ?? '–')));
  const lines = [columns, columns.map(() => '---'), ...cells];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines
    .map((line) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`)
    .join('\n');
}

function parseOptions(args: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const key = args[i];
    if (key === undefined || !key.startsWith('--')) continue;
    const value = args[i + 1];
    if (value === undefined || value.startsWith('--')) options.set(key.slice(2), 'true');
    else options.set(key.slice(2), value);
  }
  return options;
}

async function main(): Promise<number> {
  const [name = '', ...rest] = process.argv.slice(2);
  const folder = import.meta.dirname;
  const file = [join(folder, `${name}.ts`), join(folder, name, `${name}.ts`)].find(existsSync);
  if (!NAMES.includes(name) || file === undefined) {
    process.stderr.write(`There is no benchmark "${name}". There are: ${NAMES.join(', ')}.\n`);
    return 2;
  }
  const options = parseOptions(rest);
  const rows: Row[] = [];
  const emit = (record: object) => process.stdout.write(`${JSON.stringify(record)}\n`);
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => abort.abort(new Error(`stopped by ${signal}`)));
  const facts = await machineFacts();
  emit({ type: 'facts', benchmark: name, startedAt: new Date().toISOString(), ...facts });
  const { run } = (await import(file)) as { run: Benchmark };
  await run({
    signal: abort.signal,
    option: (key) => options.get(key),
    say: (text) => process.stderr.write(`${text}\n`),
    report: (measurement) => {
      const row = rowOf(measurement);
      rows.push(row);
      emit({ type: 'measurement', ...row, values: measurement.values });
    },
    skip: (skipped, reason) => {
      const row: Row = {
        ...{ name: skipped, unit: '', repeats: 0, min: null, median: null, max: null },
        ...{ target: null, verdict: 'not measured', note: reason },
      };
      rows.push(row);
      emit({ type: 'measurement', ...row });
    },
  });
  process.stderr.write(
    `\n${facts.cpu}, ${facts.cores} cores, ${facts.memoryGib} GiB, Linux ${facts.kernel}, Node ${facts.node}, QEMU ${facts.qemu}, /dev/kvm ${facts.kvmDevice ? 'usable' : 'absent'}, load ${facts.loadAverage}\n\n${tableOf(rows)}\n`,
  );
  if (rows.every((row) => row.verdict === 'not measured')) return 2;
  return options.has('strict') && rows.some((row) => row.verdict === 'missed') ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  // What was measured before is on standard output already.
  process.stderr.write(`The benchmark ended early: ${describeError(error)}\n`);
  process.exitCode = 2;
}
