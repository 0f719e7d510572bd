/** What a session does beyond the API’s plain requests: streams, terminals, and calls of agents. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import type { NewSession } from '../../src/contracts/session.ts';
import { type ApiStage, openApiStage } from './api-stage.ts';

const TIMEOUT_MS = 20_000;

let stage: ApiStage;
before(async () => {
  stage = await openApiStage({
    machines: {
      handler: (request, response) => {
        response.setHeader('content-type', 'application/json');
        response.setHeader('set-cookie', ['own=1; Path=/', 'more=2']);
        response.setHeader('www-authenticate', 'Basic realm="sign in again"');
        response.end(JSON.stringify({ headers: request.headers, raw: request.rawHeaders }));
      },
    },
  });
  await stage.deploy('desk');
});
after(() => stage.close());

async function signIn(): Promise<NewSession & { cookie: string }> {
  const { code } = await stage.client.createSignInCode();
  const answer = await stage.call('POST', '/v1/sessions', { token: null, body: { code } });
  const cookie = (answer.headers.get('set-cookie') ?? '').split(';', 1)[0] ?? '';
  return { ...answer.json, cookie };
}

test('the streams of a session end with it', async () => {
  const page = await signIn();
  const following = await fetch(`${stage.url}/v1/watch`, {
    headers: { cookie: page.cookie, 'swarm-session': page.headerToken },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  assert.equal(following.status, 200);
  const read = following.text();
  await stage.client.endSession(page.id);
  assert.match(await read, /"name":"desk"/);
});

test('an agent is called by a session, and sees none of it', async () => {
  const page = await signIn();
  const answer = await stage.call('GET', '/agents/desk/x', {
    token: null,
    headers: {
      cookie: `theme=dark; ${page.cookie}; lang=de`,
      'swarm-session': page.headerToken,
      authorization: 'Bearer of-the-agents-own',
    },
  });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.headers.cookie, undefined);
  assert.doesNotMatch(answer.text, /theme=dark|lang=de/);
  assert.equal(answer.json.headers.authorization, 'Bearer of-the-agents-own');
  const secret = page.cookie.split('.')[1] ?? '';
  for (const hidden of [page.headerToken, secret, page.id, 'swarm_session', 'swarm-session'])
    assert.ok(!answer.text.includes(hidden), hidden);
});

test('an agent does not see the cookie either when the call came with a token', async () => {
  const { cookie } = await signIn();
  for (const [given, seen] of [
    [cookie, undefined],
    [`theme=dark; ${cookie}; lang=de`, 'theme=dark; lang=de'],
  ] as const) {
    const answer = await stage.call('GET', '/agents/desk/x', { headers: { cookie: given } });
    assert.equal(answer.status, 200);
    assert.equal(answer.json.headers.cookie, seen);
    assert.ok(!answer.text.includes('swarm_session'));
  }
});

test('an agent fills the cookies of the dashboard’s browser with nothing, and asks for no password', async () => {
  const page = await signIn();
  const headers = { cookie: page.cookie, 'swarm-session': page.headerToken };
  const shown = await stage.call('GET', '/agents/desk/x', { token: null, headers });
  assert.equal(shown.status, 200, shown.text);
  assert.deepEqual(shown.headers.getSetCookie(), []);
  assert.equal(shown.headers.get('www-authenticate'), null);
  const program = await stage.call('GET', '/agents/desk/x');
  assert.deepEqual(program.headers.getSetCookie(), ['own=1; Path=/', 'more=2']);
  assert.equal(program.headers.get('www-authenticate'), 'Basic realm="sign in again"');
});

test('a document that a browser loads from an agent comes with no credential', async () => {
  const { cookie } = await signIn();
  const headers = { cookie, 'sec-fetch-dest': 'document', 'sec-fetch-site': 'same-origin' };
  const answer = await stage.call('GET', '/agents/desk/x', { token: null, headers });
  assert.deepEqual([answer.status, answer.json.code], [401, 'token_missing']);
});

/** A terminal as a browser opens one. */
function openTerminal(options: { protocols: string[]; cookie: string; origin?: string }) {
  const { protocols, cookie, origin } = options;
  const url = `${stage.url.replace('http', 'ws')}/v1/agents/desk/exec`;
  const socket = new WebSocket(url, protocols, {
    headers: { cookie },
    ...(origin !== undefined && { origin }),
  });
  socket.on('error', () => undefined);
  const opened = Promise.race([
    once(socket, 'open').then(() => 101),
    once(socket, 'unexpected-response').then(([, answer]) => {
      socket.terminate();
      return answer.statusCode as number;
    }),
  ]);
  return { socket, opened };
}

test('a terminal takes the session in its subprotocols, from our own page only', async () => {
  const { cookie, headerToken } = await signIn();
  const protocols = ['swarm-exec', `swarm-session.${headerToken}`];
  const origin = new URL(stage.url).origin;
  const { socket, opened } = openTerminal({ protocols, cookie, origin });
  assert.equal(await opened, 101);
  assert.equal(socket.protocol, 'swarm-exec');
  socket.terminate();
  const refusals: [Parameters<typeof openTerminal>[0], number][] = [
    [{ protocols, cookie, origin: 'http://evil.example' }, 403],
    [{ protocols, cookie, origin: 'null' }, 403],
    [{ protocols, cookie }, 403],
    [{ protocols: ['swarm-exec'], cookie, origin }, 401],
    [{ protocols, cookie: 'a=b', origin }, 401],
    [{ protocols: ['swarm-exec', 'swarm-session.x'], cookie, origin }, 401],
  ];
  for (const [options, status] of refusals)
    assert.equal(await openTerminal(options).opened, status, JSON.stringify(options));
});

test('a terminal ends with the session', async () => {
  let command: Duplex | undefined;
  stage.machines.exec = async () => {
    command = new Duplex({ read: () => undefined, write: (_data, _encoding, done) => done() });
    return command;
  };
  const page = await signIn();
  const { socket, opened } = openTerminal({
    protocols: ['swarm-exec', `swarm-session.${page.headerToken}`],
    ...{ cookie: page.cookie, origin: new URL(stage.url).origin },
  });
  assert.equal(await opened, 101);
  socket.send(JSON.stringify({ argv: ['sh'], tty: true }));
  const ended = once(socket, 'close', { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await stage.client.endSession(page.id);
  const [code, reason] = await ended;
  assert.deepEqual([code, String(reason)], [1008, 'the session has ended']);
});
