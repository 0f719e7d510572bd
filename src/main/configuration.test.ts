import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfiguration } from './configuration.ts';

test('how often the audit log is verified: once a day, as it is set, or never', () => {
  const hours = (text?: string) =>
    readConfiguration([], { ...(text !== undefined && { SWARM_AUDIT_VERIFY_HOURS: text }) })
      .auditVerifyHours;
  assert.deepEqual([hours(), hours(''), hours('6'), hours('0')], [24, 24, 6, 0]);
  for (const wrong of ['-1', '1.5', '8761', 'daily'])
    assert.throws(() => hours(wrong), {
      code: 'configuration_invalid',
      message: /SWARM_AUDIT_VERIFY_HOURS .* a whole number from 0 to 8760/,
    });
});
