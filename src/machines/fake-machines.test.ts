import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { waitUntil } from '../base/wait.ts';
import type { EgressConnection } from '../contracts/egress.ts';
import { createFakeHost, createFakeMachines, type FakeMachines } from './fake-machines.ts';
import type { MachineEvent, MachineRequest } from './machines.ts';
import { machinesContract } from './machines-contract.ts';

const request = (machineId: string): MachineRequest => ({
  machineId,
  hostname: machineId,
  cpus: 1,
  memoryMib: 128,
  diskMib: 128,
  rootfsPath: '/nonexistent',
  port: 8000,
  process: { argv: ['agent'], env: {}, cwd: '/', user: '' },
  bootTimeoutMs: 1_000,
});

machinesContract({
  name: 'fake',
  async make() {
    const host = createFakeHost();
    let fake: FakeMachines;
    return {
      async open() {
        fake = createFakeMachines({
          host,
          firstLine: 'hello',
          faults: ({ machineId }) =>
            machineId === 'broken' ? { processStartFails: 'executable_not_found' } : {},
          run: (_machineId, argv) => ({
            exitCode: 0,
            signal: null,
            timedOut: false,
            output: argv.slice(2).join(' '),
          }),
        });
        return fake;
      },
      request,
      brokenRequest: request,
      say: async (_machines, machineId, text) => fake.say(machineId, text),
      endProcess: async (_machines, machineId, exitCode) =>
        fake.endProcess(machineId, { exitCode }),
      die: async (_machines, machineId) => fake.die(machineId),
      close: async () => undefined,
    };
  },
});

test('a process inside gets out, until its machine is paused or gone', async () => {
  const taken: EgressConnection[] = [];
  const fake = createFakeMachines({
    onEgress(connection) {
      taken.push(connection);
      connection.stream.pipe(connection.stream);
    },
  });
  const AFTER = { signal: AbortSignal.timeout(10_000) };
  const reset = (socket: Socket) => once(socket.resume(), 'error', AFTER);
  try {
    await fake.start(request('shut'));
    await assert.rejects(fake.openEgress('shut', { kind: 'proxy' }), /Nothing leads out/);
    await fake.start({ ...request('open'), egress: { authority: 'PEM' } });
    const proxy = await fake.openEgress('open', { kind: 'proxy' });
    proxy.end('echo');
    assert.equal(Buffer.concat(await proxy.toArray(AFTER)).toString(), 'echo');
    const target = { kind: 'captured', port: 443, name: 'api.example.com' } as const;
    const held = await fake.openEgress('open', target);
    assert.deepEqual(
      taken.map(({ stream: _stream, ...head }) => head),
      [
        { machineId: 'open', kind: 'proxy', port: 0 },
        { machineId: 'open', ...target },
      ],
    );
    const ended = reset(held);
    await fake.pause('open');
    await ended;
    await assert.rejects(fake.openEgress('open', target), /Nothing leads out/);
    await fake.resume('open');
    const last = reset(await fake.openEgress('open', target));
    fake.die('open');
    await last;
  } finally {
    for (const machineId of await fake.list()) await fake.remove(machineId, { logs: true });
    await fake.close();
  }
});

test('faults happen as they are asked for', async () => {
  const fake = createFakeMachines({
    faults: ({ machineId }) => {
      if (machineId === 'boot') return { bootFails: true };
      if (machineId === 'deaf') return { neverListens: true };
      return { exitAfterMs: 20, exit: { exitCode: 3 }, dieAfterMs: 60 };
    },
  });
  const events: MachineEvent[] = [];
  fake.onEvent((event) => events.push(event));
  try {
    await assert.rejects(fake.start(request('boot')), /did not boot/);
    await fake.start(request('deaf'));
    assert.deepEqual((await fake.status('deaf', { timeoutMs: 100 }))?.listening, []);
    await fake.start(request('brief'));
    await waitUntil(() => events.some((e) => e.type === 'machine_exited'), { timeoutMs: 5_000 });
    assert.deepEqual(
      events.map((event) => event.type),
      ['listening', 'process_exited', 'machine_exited'],
    );
    assert.equal(fake.starts.length, 3);
  } finally {
    for (const machineId of await fake.list()) await fake.remove(machineId, { logs: true });
    await fake.close();
  }
});
