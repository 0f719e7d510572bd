import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { type EgressPolicy, egressPolicyFrom, egressSpec } from '../../contracts/egress-policy.ts';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventDraft, EventOutcome, Trail } from '../../contracts/trail.ts';
import { createStore } from '../../store/store.ts';
import { decide } from './decide.ts';
import { openEgressPolicies } from './egress-policies.ts';
import type { PolicyChange } from './live-states.ts';

const by = { actor: serviceEventActor('test') };
const desk = { workspaceId: 'default', agent: 'desk' };
const configured: EgressPolicy = egressPolicyFrom(
  egressSpec.parse({ allow: ['api.example.com'], rate: { calls_per_minute: 5 } }),
);

async function stage(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-egress-'));
  const store = await createStore({ path: join(folder, 'x.sqlite'), log: silentLogger });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const told: { draft: EventDraft; outcome?: EventOutcome }[] = [];
  const down = { log: false };
  const trail: Pick<Trail, 'begin' | 'record'> = {
    async begin(draft) {
      if (down.log) throw new Error('the log is down');
      const event: (typeof told)[number] = { draft };
      told.push(event);
      return {
        id: 'evt_x',
        complete: async (outcome) => {
          event.outcome = outcome;
        },
      };
    },
    async record(draft) {
      told.push({ draft });
    },
  };
  const clock = { nowMs: () => 1_780_000_000_000 };
  const open = () => openEgressPolicies({ store: store.egressRules, trail: () => trail, clock });
  const policies = await open();
  const changes: PolicyChange[] = [];
  policies.onChange((change) => changes.push(change));
  return { policies, open, told, changes, down, store };
}

const allowed = (policy: EgressPolicy, host: string) =>
  decide(policy, { scheme: 'https', host, port: 443, method: 'GET', path: '/' }).allowed;

test('without live rules the policy is the one of the revision, or nothing', async (t) => {
  const { policies } = await stage(t);
  assert.equal(policies.policy(desk, configured), configured);
  const none = policies.policy(desk, undefined);
  assert.deepEqual([none.mode, none.rules], ['enforce', []]);
  assert.equal(policies.policy({ workspaceId: 'default', agent: 'x' }, undefined), none);
});

test('a live rule holds at once, beside the revision, and for its agent only', async (t) => {
  const { policies, told, changes } = await stage(t);
  const before = policies.policy(desk, configured);
  const added = await policies.addRule(desk, { rule: 'tool.example.com', by });
  assert.match(added.id, /^egr_/);
  const policy = policies.policy(desk, configured);
  assert.equal(allowed(before, 'tool.example.com'), false);
  assert.equal(allowed(policy, 'tool.example.com'), true);
  assert.equal(allowed(policy, 'api.example.com'), true);
  assert.equal(policy.callsPerMinute, 5);
  assert.equal(policies.policy(desk, configured), policy, 'the same until something changes');
  assert.equal(allowed(policies.policy(desk, undefined), 'tool.example.com'), true);
  for (const other of [
    { workspaceId: 'default', agent: 'crew' },
    { workspaceId: 'other', agent: 'desk' },
  ])
    assert.equal(allowed(policies.policy(other, configured), 'tool.example.com'), false);
  assert.deepEqual(changes, [{ ...desk, narrower: false }]);
  const [event] = told;
  assert.deepEqual(
    [event?.draft.kind, event?.draft.agent, event?.outcome?.status, told.length],
    ['egress.rule_added', 'desk', 'ok', 1],
  );
  assert.deepEqual(event?.draft.attributes, {
    ...{ id: added.id, text: 'tool.example.com:443' },
    rule: { host: 'tool.example.com', ports: [443], intercept: true },
  });
});

test('the same rule is refused a second time, however it is written, and that is an event', async (t) => {
  const { policies, told } = await stage(t);
  const both = await Promise.allSettled([
    policies.addRule(desk, { rule: 'tool.example.com', by }),
    policies.addRule(desk, {
      rule: { host: 'tool.example.com', ports: [443], intercept: true },
      by,
    }),
  ]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.equal(policies.liveRules(desk).length, 1);
  assert.deepEqual(
    told.map(({ draft }) => [draft.status, draft.error?.code]),
    [
      [undefined, undefined],
      ['refused', 'egress_rule_exists'],
    ],
  );
});

test('a removed rule holds no more, and who listens is told that less is allowed', async (t) => {
  const { policies, changes, told } = await stage(t);
  const { id } = await policies.addRule(desk, { rule: 'tool.example.com', by });
  await assert.rejects(policies.removeRule({ ...desk, agent: 'crew' }, { id, by }), {
    code: 'egress_rule_not_found',
  });
  await policies.removeRule(desk, { id, by });
  assert.equal(allowed(policies.policy(desk, configured), 'tool.example.com'), false);
  await assert.rejects(policies.removeRule(desk, { id, by }), { code: 'egress_rule_not_found' });
  assert.deepEqual(
    changes.map(({ narrower }) => narrower),
    [false, true],
  );
  assert.deepEqual(
    told.map(({ draft }) => draft.status),
    [undefined, 'refused', undefined, 'refused'],
  );
});

test('a mode that is set live wins over the revision until it is given back', async (t) => {
  const { policies, changes, told } = await stage(t);
  await policies.setMode(desk, { mode: 'audit', by });
  assert.equal(policies.policy(desk, configured).mode, 'audit');
  assert.equal(policies.liveMode(desk)?.mode, 'audit');
  await policies.setMode(desk, { mode: null, by });
  assert.equal(policies.policy(desk, configured).mode, 'enforce');
  assert.equal(policies.liveMode(desk), undefined);
  assert.deepEqual(
    changes.map(({ narrower }) => narrower),
    [false, true],
  );
  assert.deepEqual(
    told.map(({ draft }) => [draft.attributes?.before, draft.attributes?.after]),
    [
      [null, 'audit'],
      ['audit', null],
    ],
  );
});

test('what was changed is there after a restart, and gone with its agent', async (t) => {
  const { policies, open } = await stage(t);
  await policies.addRule(desk, { rule: 'tool.example.com', by });
  await policies.addRule(desk, { rule: 'more.example.com', by });
  await policies.setMode(desk, { mode: 'audit', by });
  const again = await open();
  assert.deepEqual(again.liveRules(desk), policies.liveRules(desk));
  assert.deepEqual(again.liveMode(desk), policies.liveMode(desk));
  assert.deepEqual(again.policy(desk, configured), policies.policy(desk, configured));
  await again.forget(desk);
  assert.equal(again.policy(desk, configured), configured);
  assert.deepEqual((await open()).liveRules(desk), []);
});

test('what cannot be told to the audit log is not done', async (t) => {
  const { policies, down, changes, store } = await stage(t);
  const { id } = await policies.addRule(desk, { rule: 'tool.example.com', by });
  down.log = true;
  await assert.rejects(policies.addRule(desk, { rule: 'more.example.com', by }), /the log is down/);
  await assert.rejects(policies.removeRule(desk, { id, by }), /the log is down/);
  await assert.rejects(policies.setMode(desk, { mode: 'audit', by }), /the log is down/);
  assert.equal(policies.liveRules(desk).length, 1);
  assert.equal((await store.egressRules.rules()).length, 1);
  assert.equal(changes.length, 1);
});

test('an agent has at most 200 live rules', async (t) => {
  const { policies } = await stage(t);
  for (let index = 0; index < 200; index++)
    await policies.addRule(desk, { rule: `h${index}.example.com`, by });
  await assert.rejects(policies.addRule(desk, { rule: 'one-more.example.com', by }), {
    code: 'egress_rules_too_many',
  });
});
