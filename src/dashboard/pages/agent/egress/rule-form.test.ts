import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRule } from './rule-form.ts';

const form = { host: '', ports: '', methods: '', paths: '' };

test('what is left empty is left to the defaults', () => {
  assert.deepEqual(readRule({ ...form, host: ' API.example.com ' }), {
    ok: true,
    rule: { host: 'api.example.com' },
  });
});

test('lists are read with commas or spaces', () => {
  const given = {
    host: '*.example.com',
    ports: '443, 8443',
    methods: 'get post',
    paths: '/v1,/v2',
  };
  assert.deepEqual(readRule(given), {
    ok: true,
    rule: {
      host: '*.example.com',
      ports: [443, 8443],
      methods: ['GET', 'POST'],
      paths: ['/v1', '/v2'],
    },
  });
});

test('each fault is told at its field', () => {
  const read = readRule({ host: 'https://x', ports: '0', methods: 'FETCH', paths: 'v1' });
  assert.ok(!read.ok);
  assert.deepEqual(Object.keys(read.faults).sort(), ['host', 'methods', 'paths', 'ports']);
});
