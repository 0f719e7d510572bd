import type { Dashboard } from '../../tests/browser/start-dashboard.ts';

const BATCH = 500;

/** Events as a program sends them, `count` of them; resolves when they are durable. */
export async function sendEvents(
  the: Dashboard,
  { prefix, count }: { readonly prefix: string; readonly count: number },
): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const lines = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => {
      const id = `${prefix}-${from + i}`;
      return JSON.stringify({
        ...{
          id,
          kind: 'program.ticket_answered',
          agent: 'hostile',
          tool: `tool-${(from + i) % 40}`,
        },
        ...{ status: (from + i) % 20 === 0 ? 'error' : 'ok', durationNs: 1e6 * (1 + (i % 900)) },
        ...{ model: 'gpt-4o-mini', tokens: { input: 900, output: 120 } },
        attributes: { path: `/tickets/${from + i}`, customer: `customer ${i}` },
      });
    });
    const answer = await the.fetch('/v1/events', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: `${lines.join('\n')}\n`,
    });
    if (!answer.ok) throw new Error(`events were not taken: ${await answer.text()}`);
    await answer.body?.cancel();
  }
}
