import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { readiness } from '../contracts/requests.ts';
import { endpoint } from './endpoint.ts';

const health = endpoint({
  method: 'GET',
  path: '/healthz',
  permission: 'none',
  summary: 'Answers as soon as swarmd listens.',
  responses: {
    200: { description: 'swarmd runs.', schema: z.object({ status: z.literal('ok') }) },
  },
  errors: [],
  handle: async () => ({ status: 200, body: { status: 'ok' } }),
});

const ready = endpoint({
  method: 'GET',
  path: '/readyz',
  permission: 'none',
  summary: 'Says which parts of swarmd are ready.',
  responses: {
    200: { description: 'All parts are ready.', schema: readiness },
    503: { description: 'Some part is not ready.', schema: readiness },
  },
  errors: [],
  handle: async (_call, { system }) => {
    const state = system.readiness();
    return { status: state.ready ? 200 : 503, body: state };
  },
});

let document: Promise<unknown> | undefined;

const openApi = endpoint({
  method: 'GET',
  path: '/v1/openapi.json',
  permission: 'none',
  summary: 'This document: it is public, and says nothing of this installation.',
  responses: {
    200: { description: 'OpenAPI 3.1.', schema: z.record(z.string(), z.unknown()) },
  },
  errors: [],
  handle: async (_call, { openApiPath }) => {
    document ??= readFile(openApiPath, 'utf8').then(JSON.parse);
    return { status: 200, body: await document };
  },
});

export const healthEndpoints = [health, ready, openApi];
