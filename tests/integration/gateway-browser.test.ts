/** What an agent's answer may do in a browser that has the dashboard open at the same origin. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { call, type Stage, startRawUpstream, startStage, startUpstream } from './gateway-stage.ts';

async function stageWith(
  t: Parameters<typeof startStage>[0],
  headers: Record<string, string | string[]>,
): Promise<Stage> {
  const stage = await startStage(t);
  const { port } = await startUpstream(t, (_request, response) => {
    response.writeHead(200, headers);
    response.end('<script>parent.document.cookie</script>');
  });
  stage.routes.set('desk', { ports: [port] });
  return stage;
}

test('what a browser would show has no origin, whatever else the agent’s policy says', async (t) => {
  const agentsOwn = "script-src 'self'";
  const stage = await stageWith(t, {
    ...{ 'content-type': 'text/html', 'content-security-policy': agentsOwn },
  });
  for (const destination of ['document', 'iframe', 'script', 'image', 'object', 'worker', 'x']) {
    const headers = { 'sec-fetch-dest': destination };
    const answer = await call(stage.port, { headers });
    assert.equal(answer.headers['content-security-policy'], `${agentsOwn}, sandbox`, destination);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
  }
});

test('what a page or a program fetches comes as the agent sent it', async (t) => {
  const stage = await stageWith(t, { 'content-type': 'text/html' });
  for (const headers of [{}, { 'sec-fetch-dest': 'empty' }]) {
    const answer = await call(stage.port, { headers });
    assert.equal(answer.headers['content-security-policy'], undefined);
    assert.equal(answer.headers['x-content-type-options'], undefined);
  }
});

test('an agent sets cookies of its own, and not the dashboard’s', async (t) => {
  const hostile = [
    'swarm_session=ses_1.x; Path=/',
    ' swarm_session =; Max-Age=0',
    '=swarm_session=ses_1.x',
    'swarm_session; Path=/v1',
  ];
  const kept = ['own=1', 'swarm_sessions=2', 'x_swarm_session=3'];
  const stage = await stageWith(t, {
    ...{ 'set-cookie': [...hostile, ...kept], 'clear-site-data': '"*"' },
    ...{ 'service-worker-allowed': '/', nel: '{"report_to":"x","max_age":9}' },
    ...{ 'report-to': '{"group":"x","max_age":9,"endpoints":[{"url":"https://a.example"}]}' },
  });
  const answer = await call(stage.port);
  assert.deepEqual(answer.headers['set-cookie'], kept);
  assert.equal(answer.headers['clear-site-data'], undefined);
  for (const name of ['service-worker-allowed', 'nel', 'report-to'])
    assert.equal(answer.headers[name], undefined, name);
  for (const one of hostile) {
    const alone = await stageWith(t, { 'set-cookie': one });
    assert.equal((await call(alone.port)).headers['set-cookie'], undefined, one);
  }
});

test('an upgrade that an agent answers with a page is no page of the dashboard’s either', async (t) => {
  const stage = await startStage(t);
  const port = await startRawUpstream(t, async (socket) => {
    await once(socket, 'data');
    socket.end(
      'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: swarm_session=1\r\nContent-Length: 2\r\n\r\nhi',
    );
  });
  stage.routes.set('desk', { ports: [port] });
  const answer = await call(stage.port, {
    headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-fetch-dest': 'document' },
  });
  assert.equal(answer.body, 'hi');
  assert.equal(answer.headers['content-security-policy'], 'sandbox');
  assert.equal(answer.headers['set-cookie'], undefined);
});
