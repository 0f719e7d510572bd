import assert from 'node:assert/strict';
import { test } from 'node:test';
import pc from 'picocolors';
import type { Activity } from '../../contracts/overview.ts';
import type { AgentResource } from '../../contracts/resources.ts';
import { ACTIVITY_HEADERS, activityRows } from './activity-table.ts';

const colors = pc.createColors(false);
const quiet: Activity = {
  ...{ callsToday: 0, errorsToday: 0, refusedToday: 0, callsPerMinute: 0, errorRate: null },
  ...{ p50Ms: null, p95Ms: null, costToday: '0', costThisMonth: '0' },
  series: { calls: [], errors: [], refused: [], p95Ms: [] },
};

test('agents that are there, that did something, or both have a row, and all have one', () => {
  const there = (name: string): AgentResource => ({
    ...{ id: `agt_${name}`, name, workspace: 'default', state: 'degraded', revision: 1 },
    ...{ replicas: { desired: 3, healthy: 1, items: [] }, image: null, deployment: null },
    ...{ labels: {}, url: '', createdAt: '', updatedAt: '' },
  });
  const busy = {
    ...{ ...quiet, callsToday: 1200, callsPerMinute: 7, errorRate: 0.025, refusedToday: 2 },
    ...{ p50Ms: 12.4, p95Ms: 2310, costToday: '1.5', costThisMonth: '30' },
  };
  const rows = activityRows([there('desk'), there('a')], {
    overview: {
      ...{ asOf: '', complete: true, totals: busy, failures: [], refusals: [] },
      agents: [
        { agent: 'desk', ...busy },
        { agent: 'gone\u001b[2J', ...quiet },
      ],
    },
    colors,
  });
  assert.deepEqual(
    rows.map((row) => row.join('|')),
    [
      'a|degraded|1/3|0|0|0|-|-|-|-|-',
      'desk|degraded|1/3|7|1200|2|2.5 %|12 ms|2.3 s|$1.50|$30.00',
      'gone|deleted|-|0|0|0|-|-|-|$0.00|$0.00',
      '(all agents)|||7|1200|2|2.5 %|12 ms|2.3 s|$1.50|$30.00',
    ],
  );
  assert.ok(rows.every((row) => row.length === ACTIVITY_HEADERS.length));
});
