/**
 * A process that writes an audit log, for tests that kill it: `node audit-log-appender.ts DIR LANES`.
 * Prints `ready`, `ack SEQ NAME` for each event after its acknowledgement, `refused CODE`, and
 * `available` or `unavailable REASON` when that changes. Ends when its input ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { testItem } from '../../src/audit/log/log-fixture.ts';
import { openLogWriter } from '../../src/audit/log/open-log-writer.ts';
import { silentLogger } from '../../src/base/logger.ts';

const [dir = '', lanes = '1'] = process.argv.slice(2);
const writer = await openLogWriter({
  ...{ dir, log: silentLogger, segmentBytes: 100_000, publishAfterMs: 20 },
});
writer.onStateChange((state) => {
  say(state.available ? 'available' : `unavailable ${state.reason}`);
});
const state = writer.state();
say(state.available ? 'ready' : `unavailable ${state.reason}`);

let isEnding = false;
process.stdin.on('end', () => {
  isEnding = true;
});
process.stdin.resume();

await Promise.all(Array.from({ length: Number(lanes) }, (_, lane) => run(lane)));
await writer.close();
say('closed');

async function run(lane: number): Promise<void> {
  for (let n = 0; !isEnding; n++) {
    const names = Array.from({ length: 1 + ((lane + n) % 5) }, (_, i) => `${lane}.${n}.${i}`);
    try {
      const receipts = await writer.append(
        'default',
        names.map((name) => testItem(name)),
      );
      say(receipts.map(({ seq }, i) => `ack ${seq} ${names[i]}`).join('\n'));
    } catch (error) {
      say(`refused ${(error as { code?: string }).code}`);
      await sleep(20);
    }
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
