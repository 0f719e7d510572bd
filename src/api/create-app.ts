/** Express with every endpoint on it: each one's declaration decides who may call it and how. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express, type Request, type Response } from 'express';
import { nearest } from '../base/nearest.ts';
import { DASHBOARD_PATH } from '../contracts/session-names.ts';
import type { ApiParts } from './api-parts.ts';
import { createDashboardFiles } from './dashboard-files.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoints } from './endpoints.ts';
import { apiErrors } from './errors.ts';
import { checkHost } from './host-check.ts';
import { problemHeaders, problemOf } from './problem.ts';
import { type RequestContext, serve } from './serve-endpoint.ts';

export interface AppOptions {
  readonly parts: ApiParts;
  /** Fires when swarmd stops: waits and streams end. */
  readonly stopping: AbortSignal;
}

export function createApp({ parts, stopping }: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use((request, response, next) => {
    response.locals.context = contextOf(request, response, parts);
    response.on('finish', () => endWithAnswer(request));
    checkHost(request.headers.host, parts.allowedHosts);
    next();
  });
  for (const [path, declared] of byPath(endpoints)) {
    const rest = declared.some((endpoint) => endpoint.restOfPath);
    const last = rest ? path.replace(/\{(\w+)\}$/, '*$1') : path;
    const route = app.route(last.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const endpoint of declared)
      route[endpoint.method.toLowerCase() as 'get' | 'post' | 'delete']((request, response) =>
        serve(endpoint, { request, response, parts, stopping, context: contextIn(response) }),
      );
    route.all((request, response) => {
      const allow = declared.map((endpoint) => endpoint.method).join(', ');
      response.setHeader('allow', allow);
      throw apiErrors.method_not_allowed(`${path} takes ${allow}, not ${request.method}.`);
    });
  }
  serveDashboard(app, parts.dashboardDir);
  app.use((request) => {
    throw unknownPath(request);
  });
  app.use((error: unknown, request: Request, response: Response, _next: unknown) => {
    answerError(error, { request, response });
  });
  return app;
}

function serveDashboard(app: Express, folder: string): void {
  const serveFile = createDashboardFiles({ folder });
  for (const path of ['/', DASHBOARD_PATH.replace(/\/$/, '')])
    app.get(path, (_request, response) => response.redirect(DASHBOARD_PATH));
  app.get([DASHBOARD_PATH, `${DASHBOARD_PATH}*path`], serveFile);
}

function byPath(all: readonly Endpoint[]): Map<string, Endpoint[]> {
  const paths = new Map<string, Endpoint[]>();
  for (const endpoint of all)
    paths.set(endpoint.path, [...(paths.get(endpoint.path) ?? []), endpoint]);
  return paths;
}

function contextOf(request: Request, response: Response, parts: ApiParts): RequestContext {
  const requestId = parts.newRequestId();
  const log = parts.log.child({ requestId, method: request.method, path: request.path });
  const startedMs = performance.now();
  for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
  response.setHeader('swarm-request-id', requestId);
  response.on('close', () => {
    const durationMs = Math.round(performance.now() - startedMs);
    log.debug({ status: response.statusCode, durationMs }, 'request answered');
  });
  return { requestId, log };
}

const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

function contextIn(response: Response): RequestContext {
  return response.locals.context as RequestContext;
}

function unknownPath(request: Request): Error {
  const known = endpoints.map((endpoint) => endpoint.path);
  // Parameters are compared as if they were given: the third part of /v1/agents/{name}.
  const given = request.path.split('/');
  const filled = new Map(
    known.map((path) => [
      path
        .split('/')
        .map((part, i) => (part.startsWith('{') ? (given[i] ?? part) : part))
        .join('/'),
      path,
    ]),
  );
  const meant = nearest(request.path, filled.keys());
  const hint = meant === undefined ? '' : `; did you mean ${filled.get(meant)}?`;
  return apiErrors.path_unknown(`There is no ${request.path.slice(0, 200)}${hint}`);
}

/** How long the rest of a body that nobody reads is taken in, so that its sender can read the answer. */
const LINGER_MS = 5_000;

/** A body that goes on behind the answer would hold its connection for as long as its sender likes. */
function endWithAnswer(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  request.on('close', () => clearTimeout(timer));
}

function answerError(
  error: unknown,
  { request, response }: { request: IncomingMessage; response: Response },
): void {
  const { requestId, log } = contextIn(response);
  const known = expressError(error);
  const problem = problemOf(known, requestId);
  if (problem.code === 'internal_error') log.error({ err: error }, 'unexpected error');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (request.complete) sendProblem(response, problem);
  else refuseBody(problem, { request, response });
}

/**
 * The answer is on its way at once and ends with the body: ended before, with "Connection: close",
 * it would take the connection away from under a sender that still writes.
 */
function refuseBody(
  problem: ReturnType<typeof problemOf>,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
): void {
  const timer = setTimeout(() => request.destroy(), LINGER_MS);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  request.on('end', end).on('close', end);
  request.resume();
  writeProblem(response, problem);
}

/** Express's own errors of reading a path are the caller's. */
function expressError(error: unknown): unknown {
  if (error instanceof URIError)
    return apiErrors.path_unknown('The path is not valid percent-encoding.');
  return error;
}

function sendProblem(response: ServerResponse, problem: ReturnType<typeof problemOf>): void {
  writeProblem(response, problem);
  response.end();
}

function writeProblem(response: ServerResponse, problem: ReturnType<typeof problemOf>): void {
  const text = JSON.stringify(problem);
  response.writeHead(problem.status, {
    ...problemHeaders(problem),
    'content-length': Buffer.byteLength(text),
  });
  response.write(text);
}
