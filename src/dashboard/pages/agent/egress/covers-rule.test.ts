import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCovered } from './covers-rule.ts';

const rule = { host: 'api.example.com', ports: [443], intercept: true };

test('a rule that allows more covers one that allows less, not the other way round', () => {
  const less = { ...rule, methods: ['GET'], paths: ['/v1/things'] };
  assert.ok(isCovered(less, [rule]));
  assert.ok(isCovered(less, [{ ...rule, paths: ['/v1'] }]));
  assert.ok(isCovered(less, [{ ...rule, host: '*.example.com' }]));
  assert.ok(!isCovered(rule, [less]));
});

test('other ports, hosts, methods and longer names are not covered', () => {
  assert.ok(!isCovered({ ...rule, ports: [443, 80] }, [rule]));
  assert.ok(!isCovered({ ...rule, host: 'notexample.com' }, [{ ...rule, host: '*.example.com' }]));
  assert.ok(!isCovered({ ...rule, paths: ['/v10'] }, [{ ...rule, paths: ['/v1'] }]));
  assert.ok(!isCovered({ ...rule, methods: ['POST'] }, [{ ...rule, methods: ['GET'] }]));
  assert.ok(!isCovered(rule, []));
});
