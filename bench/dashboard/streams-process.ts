/** Opens streams as told on standard input, says when all have begun, and drops what they bring. */
import { get } from 'node:http';
import { text } from 'node:stream/consumers';

const { url, token, count } = JSON.parse(await text(process.stdin)) as {
  url: string;
  token: string;
  count: number;
};

function open(): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
    get(`${url}/v1/live`, { headers, agent: false }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
      answer.once('data', () => resolve());
      answer.resume();
      answer.once('error', () => undefined);
    }).once('error', reject);
  });
}

process.once('SIGTERM', () => process.exit(0));
for (let i = 0; i < count; i += 20)
  await Promise.all(Array.from({ length: Math.min(20, count - i) }, open));
process.stdout.write('open\n');
