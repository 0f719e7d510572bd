/** An agent that calls out: what a test tells it to, with the key that its environment has. */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Node's own fetch and nothing else: what it does to get out, any program does. */
const PROGRAM = `
import { createServer } from 'node:http';
const key = process.env.MODEL_API_KEY ?? '';
createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const answer = (status, body) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.url === '/healthz') return answer(200, { ok: true });
  try {
    const { url, body, header = 'authorization' } = JSON.parse(Buffer.concat(chunks).toString());
    const headers = { 'content-type': 'application/json', [header]: 'Bearer ' + key };
    const { traceparent } = request.headers;
    if (traceparent !== undefined) headers.traceparent = traceparent;
    const called = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    answer(200, { status: called.status, text: await called.text() });
  } catch (error) {
    answer(200, { failed: String(error), cause: String(error.cause) });
  }
}).listen(Number(process.env.PORT));
`;

/** Makes its folder; the caller removes it. */
export async function makeCallingAgent(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'calling-agent-'));
  await mkdir(folder, { recursive: true });
  const description = { name: 'calling-agent', type: 'module', scripts: { start: 'node main.js' } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(description));
  await writeFile(join(folder, 'main.js'), PROGRAM);
  return folder;
}
