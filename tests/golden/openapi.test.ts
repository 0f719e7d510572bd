import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { endpoints } from '../../src/api/endpoints.ts';
import { openApiDocument } from '../../src/api/openapi.ts';
import { packageVersion } from '../../src/main/version.ts';
import { assertGolden } from './golden-file.ts';
import { loadErrors } from './load-errors.ts';

await loadErrors();
const document = openApiDocument(packageVersion);

test('docs/openapi.json, which swarmd serves, is what the endpoints declare', () => {
  assertGolden('docs/openapi.json', `${JSON.stringify(document, null, 1)}\n`);
});

test('it has every endpoint once, and its schemas compile', () => {
  const ids = Object.values(document.paths ?? {}).flatMap((path) =>
    Object.values(path as Record<string, { operationId: string }>).map((one) => one.operationId),
  );
  assert.equal(ids.length, endpoints.length);
  assert.equal(new Set(ids).size, ids.length);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'openapi', ...document });
  for (const name of Object.keys(document.components?.schemas ?? {}))
    ajv.getSchema(`openapi#/components/schemas/${name}`);
});
