/**
 * What fleet, gateway and api rely on, as tests over any Machines: the real one on a driver and
 * the fake. The cases build on each other, in order.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SwarmError } from '../base/errors.ts';
import { waitUntil } from '../base/wait.ts';
import type { LogQuery, LogRecord, MachineEvent, MachineRequest, Machines } from './machines.ts';

export interface MachinesUnderTest {
  /** The same machines again, as after a restart of swarmd. */
  open(): Promise<Machines>;
  /** A machine whose process serves HTTP on `request.port` and prints "hello" first. */
  request(machineId: string): MachineRequest;
  /** One whose process cannot start. */
  brokenRequest(machineId: string): MachineRequest;
  /** Its process prints this line on stdout. */
  say(machines: Machines, machineId: string, text: string): Promise<void>;
  /** Its process ends by itself. */
  endProcess(machines: Machines, machineId: string, exitCode: number): Promise<void>;
  /** Its VMM is killed from outside. */
  die(machines: Machines, machineId: string): Promise<void>;
  close(): Promise<void>;
}

export type MachinesContractCase =
  | 'start'
  | 'logs'
  | 'run'
  | 'pause'
  | 'adoption'
  | 'exit'
  | 'stop';

export interface MachinesContractOptions {
  readonly name: string;
  readonly make: () => Promise<MachinesUnderTest>;
  /** Cases left out, each with its reason. */
  readonly skip?: Partial<Record<MachinesContractCase, string>>;
}

interface Context {
  readonly under: MachinesUnderTest;
  machines: Machines;
  events: MachineEvent[];
}

const ID = 'machine-1';
const PATIENCE = { timeoutMs: 30_000, intervalMs: 10 };

export function machinesContract(options: MachinesContractOptions): void {
  describe(`machines contract: ${options.name}`, { timeout: 300_000 }, () => {
    let context: Context;
    before(async () => {
      const under = await options.make();
      context = { under, machines: await under.open(), events: [] };
      context.machines.onEvent((event) => context.events.push(event));
    });
    after(async () => {
      if (context === undefined) return;
      const { machines } = context;
      for (const id of await machines.list()) await machines.remove(id, { logs: true });
      await machines.close();
      await context.under.close();
    });
    const check = (
      name: MachinesContractCase,
      title: string,
      act: (context: Context) => Promise<void>,
    ) => test(`${name}: ${title}`, { skip: options.skip?.[name] ?? false }, () => act(context));

    check('start', 'a machine starts once, tells that it listens, and answers', start);
    check('logs', 'lines are kept, found from the end, and followed', logs);
    check('run', 'a command runs beside the process', runCommand);
    check('pause', 'it stands still and goes on', pause);
    check('adoption', 'another swarmd takes it up without losing a line', adoption);
    check('exit', 'the end of the process, and of the VMM, are told', exit);
    check('stop', 'it is stopped, its log kept until it is removed too', stop);
  });
}

async function start({ under, machines, events }: Context): Promise<void> {
  assert.equal(await machines.adopt(ID), false);
  assert.equal(machines.endpoint(ID, under.request(ID).port), undefined);
  await assert.rejects(machines.start(under.brokenRequest('broken')), (error) => {
    assert.ok(error instanceof SwarmError);
    assert.equal(error.code, 'process_start_failed');
    assert.equal(typeof error.details.guestCode, 'string');
    return true;
  });
  assert.deepEqual(await machines.list(), []);
  const request = under.request(ID);
  const gone = AbortSignal.abort(new Error('changed my mind'));
  await assert.rejects(machines.start({ ...request, signal: gone }), /changed my mind/);

  await Promise.all([machines.start(request), machines.start(request)]);
  const { pid, state } = await machines.inspect(ID);
  assert.equal(state, 'running');
  await machines.start(request);
  assert.equal((await machines.inspect(ID)).pid, pid);
  assert.deepEqual(await machines.list(), [ID]);
  const listens = await waitUntil(
    () => events.some((e) => e.type === 'listening' && e.ports.includes(request.port)),
    PATIENCE,
  );
  assert.equal(listens, true);
  assert.equal(await answers(machines, request), true);
  const status = await machines.status(ID, { timeoutMs: 10_000 });
  assert.equal(status?.process.state, 'running');
  assert.ok(status?.listening.includes(request.port));
  assert.equal(machines.capture(ID), request.egress === undefined ? undefined : 'all');
}

async function logs({ under, machines }: Context): Promise<void> {
  for (const text of ['one', 'two', 'three']) await under.say(machines, ID, text);
  const shown = await waitForLine(machines, 'three');
  assert.deepEqual(shown.slice(-3), ['one', 'two', 'three']);
  assert.deepEqual(await texts(machines, { tail: 2 }), ['two', 'three']);
  assert.deepEqual(await texts(machines, { tail: 0 }), []);
  assert.deepEqual(await texts(machines, { sinceMs: Date.now() + 3_600_000 }), []);

  const stopped = new AbortController();
  const followed: LogRecord[] = [];
  const following = (async () => {
    const query = { tail: 1, follow: true, signal: stopped.signal };
    for await (const record of machines.logs(ID, query)) {
      followed.push(record);
      if (record.text === 'four') stopped.abort();
    }
  })();
  await waitUntil(() => followed.length === 1, PATIENCE);
  await under.say(machines, ID, 'four');
  await following;
  assert.deepEqual(
    followed.map((record) => record.text),
    ['three', 'four'],
  );
  assert.ok(followed.every((record) => record.machineId === ID && record.stream === 'stdout'));
  assert.deepEqual(
    followed.map((record) => record.seq - (followed[0]?.seq ?? 0)),
    [0, 1],
  );
}

async function runCommand({ under, machines }: Context): Promise<void> {
  const { process } = under.request(ID);
  const how = { process: { ...process, argv: ['/bin/probe-agent', 'echo', 'beside'] } };
  const result = await machines.run(ID, { ...how, timeoutMs: 20_000, maxOutputBytes: 1_000 });
  assert.deepEqual([result.exitCode, result.output.trim()], [0, 'beside']);
}

async function pause({ under, machines }: Context): Promise<void> {
  await machines.pause(ID);
  assert.equal((await machines.inspect(ID)).state, 'paused');
  assert.equal(await machines.status(ID, { timeoutMs: 200 }), undefined);
  await machines.resume(ID);
  assert.equal((await machines.inspect(ID)).state, 'running');
  assert.equal(await answers(machines, under.request(ID)), true);
}

async function adoption(context: Context): Promise<void> {
  const { under } = context;
  const before = await texts(context.machines, {});
  const { pid } = await context.machines.inspect(ID);
  await under.say(context.machines, ID, 'just before');
  await context.machines.close();
  context.machines = await under.open();
  context.events = [];
  context.machines.onEvent((event) => context.events.push(event));
  assert.equal(await context.machines.adopt(ID), true);
  assert.equal((await context.machines.inspect(ID)).pid, pid);
  assert.equal(await answers(context.machines, under.request(ID)), true);
  await under.say(context.machines, ID, 'just after');
  const after = await waitForLine(context.machines, 'just after');
  assert.deepEqual(after, [...before, 'just before', 'just after']);
}

async function exit({ under, machines, events }: Context): Promise<void> {
  await under.say(machines, ID, 'last words');
  await under.endProcess(machines, ID, 9);
  const exited = await waitUntil(() => events.find((e) => e.type === 'process_exited'), PATIENCE);
  assert.ok(exited?.type === 'process_exited');
  assert.equal(exited.exit.exitCode, 9);
  assert.ok((await texts(machines, {})).includes('last words'), 'kept before it is told');
  assert.equal((await machines.inspect(ID)).state, 'running');
  assert.equal((await machines.status(ID, { timeoutMs: 10_000 }))?.process.state, 'exited');

  await under.die(machines, ID);
  const gone = () => events.filter((event) => event.type === 'machine_exited').length;
  await waitUntil(() => gone() > 0, PATIENCE);
  await machines.kill(ID);
  assert.equal(gone(), 1);
  assert.equal((await machines.inspect(ID)).state, 'exited');
  assert.equal(machines.endpoint(ID, under.request(ID).port), undefined);
  assert.equal(await machines.status(ID, { timeoutMs: 1_000 }), undefined);
  await assert.rejects(
    machines.exec(ID, { ...under.request(ID).process, tty: false }),
    (error) => error instanceof SwarmError && error.code === 'machine_not_running',
  );
}

async function stop({ under, machines, events }: Context): Promise<void> {
  const kept = await texts(machines, {});
  await machines.start(under.request(ID));
  await waitForLine(machines, 'hello', { after: kept.length });
  events.length = 0;
  await machines.stop(ID, { signal: 'SIGTERM', timeoutMs: 20_000 });
  await machines.stop(ID, { signal: 'SIGTERM', timeoutMs: 20_000 });
  assert.equal(events.filter((event) => event.type === 'machine_exited').length, 1);
  assert.equal((await machines.inspect(ID)).state, 'exited');
  const all = await texts(machines, {});
  assert.deepEqual(all.slice(0, kept.length), kept, 'a restart goes on with the same log');

  await machines.remove(ID, { logs: false });
  assert.equal((await machines.inspect(ID)).state, 'absent');
  assert.deepEqual(await texts(machines, {}), all);
  await machines.remove(ID, { logs: true });
  assert.deepEqual(await texts(machines, {}), []);
  assert.deepEqual(await machines.list(), []);
}

async function texts(machines: Machines, query: LogQuery): Promise<string[]> {
  const found: string[] = [];
  for await (const record of machines.logs(ID, query)) found.push(record.text);
  return found;
}

/** All lines once the newest is `text`, looked for after the first `after` ones. */
async function waitForLine(
  machines: Machines,
  text: string,
  options: { after: number } = { after: 0 },
): Promise<string[]> {
  const found = await waitUntil(async () => {
    const lines = await texts(machines, {});
    return lines.slice(options.after).some((line) => line.includes(text)) ? lines : undefined;
  }, PATIENCE);
  assert.ok(found, `the log shows "${text}"`);
  return found;
}

async function answers(machines: Machines, request: MachineRequest): Promise<boolean> {
  const endpoint = machines.endpoint(request.machineId, request.port);
  assert.ok(endpoint);
  const url = `http://${endpoint.host}:${endpoint.port}/`;
  return (await fetch(url, { signal: AbortSignal.timeout(20_000) })).ok;
}
