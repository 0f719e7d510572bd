import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentConfigFrom } from '../contracts/agent-config.ts';
import { type ManifestInput, manifest } from '../contracts/manifest.ts';
import type { ImageConfig } from '../images/images.ts';
import { planProcess, processSpecOf } from './process-spec.ts';

const image: ImageConfig = {
  entrypoint: ['/entry'],
  cmd: ['serve', '--all'],
  env: ['PATH=/bin', 'A=image', 'EQUALS=a=b'],
  user: 'app',
  workingDir: '/app',
  exposedPorts: [],
  stopSignal: '',
};
const plan = (spec: ManifestInput['spec'] = {}, of: Partial<ImageConfig> = {}) =>
  planProcess(
    { ...image, ...of },
    agentConfigFrom(
      manifest.parse({ apiVersion: 'swarm/v1', kind: 'Agent', metadata: { name: 'a' }, spec }),
    ),
  );

describe('the process of a revision', () => {
  it("is the image's, as in Docker", () => {
    const { argv, cwd, user, stopSignal, port } = plan();
    assert.deepEqual(
      { argv, cwd, user, stopSignal, port },
      {
        argv: ['/entry', 'serve', '--all'],
        cwd: '/app',
        user: 'app',
        stopSignal: 'SIGTERM',
        port: 8080,
      },
    );
  });

  it("takes a command after the image's entrypoint, and an entrypoint instead of both", () => {
    assert.deepEqual(plan({ command: ['x'] }).argv, ['/entry', 'x']);
    assert.deepEqual(plan({ entrypoint: ['/other'] }).argv, ['/other']);
    assert.deepEqual(plan({ entrypoint: ['/other'], command: ['x'] }).argv, ['/other', 'x']);
    assert.deepEqual(plan({ entrypoint: [], command: ['x'] }).argv, ['x']);
  });

  it('is refused when there is nothing to run', () => {
    assert.throws(() => plan({}, { entrypoint: [], cmd: [] }), { code: 'image_without_command' });
    assert.throws(() => plan({ entrypoint: [] }), { code: 'image_without_command' });
  });

  it("has the image's environment, then agent.yaml's, then Swarm's where nothing is set", () => {
    const process = processSpecOf(plan({ env: { A: 'yaml', SWARM_AGENT: 'mine', N: 3 } }), {
      agent: 'desk',
      revision: 7,
      replica: 2,
    });
    assert.deepEqual(process.env, {
      PATH: '/bin',
      A: 'yaml',
      EQUALS: 'a=b',
      N: '3',
      PORT: '8080',
      SWARM_AGENT: 'mine',
      SWARM_REVISION: '7',
      SWARM_REPLICA: '2',
      HOSTNAME: 'desk-2',
    });
  });

  it('listens where agent.yaml, PORT or the only EXPOSE says', () => {
    assert.equal(plan({ port: 1, env: { PORT: '2' } }, { exposedPorts: [3] }).port, 1);
    assert.equal(plan({ env: { PORT: '2' } }, { exposedPorts: [3] }).port, 2);
    assert.equal(plan({}, { env: ['PORT=4'], exposedPorts: [3, 5] }).port, 4);
    assert.equal(plan({}, { exposedPorts: [3] }).port, 3);
    assert.equal(plan({}, { exposedPorts: [3] }).env.PORT, '3');
    assert.throws(() => plan({}, { exposedPorts: [3, 5] }), {
      code: 'port_ambiguous',
      message: /3, 5/,
    });
    assert.throws(() => plan({ env: { PORT: 'http' } }), { code: 'port_invalid' });
  });

  it('is stopped with the signal that is asked for', () => {
    assert.equal(plan({}, { stopSignal: 'SIGQUIT' }).stopSignal, 'SIGQUIT');
    assert.equal(plan({}, { stopSignal: 'int' }).stopSignal, 'SIGINT');
    assert.equal(plan({}, { stopSignal: '3' }).stopSignal, 'SIGQUIT');
    assert.equal(plan({ kill_signal: 'SIGINT' }, { stopSignal: '3' }).stopSignal, 'SIGINT');
  });
});
