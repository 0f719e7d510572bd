import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentConfig } from '../contracts/agent-config.ts';
import type { EgressCaller } from '../contracts/egress.ts';
import type { EgressPolicy } from '../contracts/egress-policy.ts';
import { causeOf, createOutlets } from './outlets.ts';

const a = { run: 'a'.repeat(32), span: '1'.repeat(16) };
const b = { run: 'b'.repeat(32), span: '2'.repeat(16) };
const trace = { run: a.run, parent: '3'.repeat(16) };

test('a call belongs to the run that its trace names, when that is in flight on its machine', () => {
  assert.deepEqual(causeOf([b, a], trace), { ...trace, certain: true, budgetRun: a.run });
});

test('a run that only the guest knows of is told, and has no budget of its own', () => {
  assert.deepEqual(causeOf([b], trace), { ...trace, certain: false, budgetRun: b.run });
  assert.deepEqual(causeOf([], trace), { ...trace, certain: false, budgetRun: undefined });
});

test('without a trace it belongs to the only run in flight, and else nobody can be certain', () => {
  assert.deepEqual(causeOf([a], undefined), {
    ...{ run: a.run, parent: a.span, certain: true, budgetRun: a.run },
  });
  assert.deepEqual(causeOf([a, { ...a }], undefined), {
    ...{ run: a.run, parent: undefined, certain: true, budgetRun: a.run },
  });
  assert.deepEqual(causeOf([a, b], undefined), {
    ...{ run: b.run, parent: b.span, certain: false, budgetRun: b.run },
  });
  assert.equal(causeOf([], undefined), undefined);
});

const caller: EgressCaller = {
  ...{ workspaceId: 'default', agent: 'desk', revision: 1, replica: 0, machineId: 'mch_1' },
};

function outletsWith(policy: EgressPolicy) {
  const forgotten: string[] = [];
  const agents: string[] = [];
  const outlets = createOutlets({
    secrets: {
      environment: {
        missing: async () => [],
        resolve: async (_caller, env) => ({
          env: 'KEY' in env ? { ...env, KEY: 'swsec_x' } : env,
          injected: [],
        }),
      },
      machines: {
        register: async () => undefined,
        forget: (machineId) => forgotten.push(machineId),
      },
    },
    policies: {
      policy: () => policy,
      forget: async ({ agent }) => void agents.push(agent),
    },
    onError: (error) => assert.fail(String(error)),
    running: () => [],
    authority: async () => 'PEM',
  });
  return { outlets, forgotten, agents };
}

test('what was set live for an agent goes with it', () => {
  const { outlets, agents } = outletsWith({ mode: 'enforce', rules: [] });
  outlets.forgetAgent({ workspaceId: 'default', agent: 'desk' });
  assert.deepEqual(agents, ['desk']);
});

const rule = { host: 'api.openai.com', ports: [443], intercept: true };

test('the environment leads to the proxy, and what the agent set itself stays', async () => {
  const { outlets } = outletsWith({ mode: 'enforce', rules: [rule] });
  const own = { HTTPS_PROXY: 'http://own:1', KEY: 'a' };
  const config = { env: own } as unknown as AgentConfig;
  const env = { HOSTNAME: 'desk-0', SSL_CERT_FILE: '/image.pem', OTHER: 'x', ...own };
  const opened = await outlets.open(caller, { config, env });
  assert.equal(opened.authority, 'PEM');
  assert.equal(opened.env.KEY, 'swsec_x');
  assert.equal(opened.env.HTTPS_PROXY, 'http://own:1');
  assert.notEqual(opened.env.SSL_CERT_FILE, '/image.pem');
  assert.equal(opened.env.OTHER, 'x');
  assert.match(opened.env.HTTP_PROXY ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.match(opened.env.NO_PROXY ?? '', /desk-0/);
  assert.match(opened.env.OPENAI_BASE_URL ?? '', /\/-\/https\/api\.openai\.com\/v1$/);
  assert.equal(opened.env.ANTHROPIC_BASE_URL, undefined);
});

test('references in the image’s environment are text', async () => {
  const { outlets } = outletsWith({ mode: 'enforce', rules: [] });
  const config = { env: {} } as unknown as AgentConfig;
  const reference = ['$', '{SECRET_KEY}'].join('');
  const { env } = await outlets.open(caller, { config, env: { FROM_IMAGE: reference } });
  assert.equal(env.FROM_IMAGE, reference);
});

test('a machine that runs already is known again, and nothing enters it', async () => {
  const { outlets } = outletsWith({ mode: 'enforce', rules: [] });
  await outlets.adopt(caller, { config: { env: { KEY: 'a' } } as unknown as AgentConfig });
  assert.deepEqual(outlets.callers.find('mch_1'), caller);
});

test('a machine that is gone is nobody', async () => {
  const { outlets, forgotten } = outletsWith({ mode: 'enforce', rules: [] });
  await outlets.open(caller, { config: { env: {} } as unknown as AgentConfig, env: {} });
  assert.deepEqual(outlets.callers.find('mch_1'), caller);
  outlets.close('mch_1');
  assert.equal(outlets.callers.find('mch_1'), undefined);
  assert.deepEqual(forgotten, ['mch_1']);
});
