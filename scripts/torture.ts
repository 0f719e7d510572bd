/**
 * Kills what must not lose anything, over and over, and looks whether it did.
 *
 *   npm run torture -- audit --cycles 10000 [--minutes 60] [--seed 1] [--lanes 2] [--verify-every 10]
 */
import { parseArgs } from 'node:util';
import { type TortureTotals, tortureAudit } from './torture/torture-audit.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cycles: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    lanes: { type: 'string', default: '2' },
    'verify-every': { type: 'string', default: '10' },
  },
});
if (positionals.length !== 1 || positionals[0] !== 'audit')
  throw new Error(`torture ${positionals.join(' ')}: say what; there is: audit`);

function whole(name: keyof typeof values, most: number): number {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new Error(`--${name} ${values[name]}: give a whole number from 1 to ${most}`);
  return number;
}

const line = ({ problems, kept, seconds, ...totals }: TortureTotals) => ({
  ...totals,
  seconds: Math.round(seconds),
  cyclesPerSecond: Number((totals.cycles / seconds).toFixed(1)),
  problems: problems.length,
});

const seed = whole('seed', 1_000_000);
console.log(JSON.stringify({ torture: 'audit', seed, cycles: whole('cycles', 1_000_000) }));
const totals = await tortureAudit({
  ...{ seed, cycles: whole('cycles', 1_000_000), minutes: whole('minutes', 10_000) },
  ...{ lanes: whole('lanes', 16), verifyEvery: whole('verify-every', 1_000) },
  onProgress: (sofar) => console.log(JSON.stringify(line(sofar))),
});
for (const problem of totals.problems) console.log(problem);
for (const folder of totals.kept) console.log(`kept: ${folder}`);
console.log(
  `${totals.cycles} kills in ${totals.seconds.toFixed(0)} s: ` +
    `${totals.acknowledged} entries acknowledged, ${totals.found} found again, ` +
    `${totals.repairs} repairs at a start, ${totals.indexesCompared} indexes compared, ${totals.verified} verifications with ` +
    `${totals.falseAlarms} alarms, ${totals.problems.length} problems`,
);
process.exitCode = totals.problems.length === 0 && totals.found === totals.acknowledged ? 0 : 1;
