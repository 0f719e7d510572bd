import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JSONPathEnvironment } from 'json-p3';
import { manifest } from './manifest.ts';
import { parseRedactPath } from './redact-path.ts';
import { validate } from './validate.ts';

test('whatever is taken for a path is one of RFC 9535, and nothing makes it throw', () => {
  const rfc = new JSONPathEnvironment();
  const part = fc.constantFrom(
    ...['$', '.', '..', '*', '[', ']', 'a', 'b_1', '-', "'", '"', "['a']", '["b"]', '[0]', '[01]'],
    ...["'\\u0061'", '\\', ' ', ',', "['a', 0]", '[*]', '?', ':', '0', 'é', '\u0007', "'\\''"],
  );
  let valid = 0;
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const text = `$${parts.join('')}`;
      const parsed = parseRedactPath(text);
      if (!parsed.ok) {
        assert.ok(parsed.at >= 1 && parsed.at <= text.length + 1);
        return;
      }
      valid++;
      assert.doesNotThrow(() => rfc.compile(text), text);
    }),
    { numRuns: 3_000 },
  );
  assert.ok(valid > 50);
});

test('what is not supported is said, with its place', () => {
  const problem = (text: string) => {
    const parsed = parseRedactPath(text);
    return parsed.ok ? 'ok' : `${parsed.at} ${parsed.message}`;
  };
  assert.match(problem('$.a[?@.b]'), /^5 filters/);
  assert.match(problem('$.a[-1]'), /^5 indexes from the end/);
  assert.match(problem('$.a[0:2]'), /^6 .*slices/);
  assert.match(problem('a.b'), /^1 a path begins with/);
  assert.match(problem('$.a-b'), /^4 .*\['the-name'\]/);
  assert.match(problem(`$${'.a'.repeat(17)}`), /more than 16 parts/);
  assert.match(problem(`$.${'a'.repeat(400)}`), /more than 300 characters/);
});

test('agent.yaml with a bad path, pattern or size is refused at its key', () => {
  const at = (audit: unknown) => {
    const result = validate(manifest, {
      ...{ apiVersion: 'swarm/v1', kind: 'Agent', metadata: { name: 'desk' } },
      spec: { build: '.', audit },
    });
    return result.ok ? [] : result.issues.map((issue) => `${issue.at}: ${issue.message}`);
  };
  assert.deepEqual(at({}), []);
  assert.deepEqual(at({ payloads: 'hash', max_bytes: 0 }), []);
  assert.deepEqual(at({ max_bytes: '1MiB', redact: { paths: ['$..a'], patterns: [] } }), []);
  assert.match(
    at({ redact: { paths: ['$.a', '$.b['] } }).join(),
    /redact\.paths\[1\]: .*character 5/,
  );
  assert.match(
    at({ redact: { patterns: ['emails'] } }).join(),
    /patterns\[0\]: .*did you mean "email"/,
  );
  for (const max_bytes of ['2MiB', '1GiB', -1, 1_048_577, 'x'])
    assert.match(at({ max_bytes }).join(), /spec\.audit\.max_bytes/);
  assert.match(at({ payloads: 'ful' }).join(), /did you mean "full"/);
});
