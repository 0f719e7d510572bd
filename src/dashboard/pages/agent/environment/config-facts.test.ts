import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configFacts } from './config-facts.ts';

test('numbers have their units, and what is not configured is left out', () => {
  assert.deepEqual(
    configFacts({
      command: ['node', 'server.js'],
      resources: { cpus: 1, memoryMib: 512, diskMib: 2048 },
      health: { type: 'http', intervalMs: 10_000 },
      labels: {},
    }),
    [
      { title: 'Process', facts: [{ name: 'command', value: '["node","server.js"]' }] },
      {
        title: 'Resources of a machine',
        facts: [
          { name: 'cpus', value: '1' },
          { name: 'memory', value: { bytes: 512 * 1024 ** 2 } },
          { name: 'disk', value: { bytes: 2 * 1024 ** 3 } },
        ],
      },
      {
        title: 'Health check',
        facts: [
          { name: 'type', value: 'http' },
          { name: 'interval', value: { seconds: 10 } },
        ],
      },
    ],
  );
});
