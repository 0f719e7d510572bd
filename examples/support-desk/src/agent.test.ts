import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BaseMessage } from '@langchain/core/messages';
import { graph, modelName } from './agent.ts';

async function triage(ticket: string): Promise<BaseMessage[]> {
  const result = await graph.invoke({ messages: [{ role: 'user', content: ticket }] });
  return result.messages;
}

test('a ticket goes through all three tools, and the answer says that it is scripted', async () => {
  assert.equal(modelName, 'scripted');
  const messages = await triage('I was charged twice. ada@example.com');
  const called = messages.flatMap(
    (m) => (m as { tool_calls?: { name: string }[] }).tool_calls ?? [],
  );
  assert.deepEqual(
    called.map(({ name }) => name),
    ['look_up_customer', 'search_articles', 'route_ticket'],
  );
  assert.match(String(messages.at(-1)?.content), /billing team \(priority high\).*scripted model/);
});

test('an outage is urgent and goes to engineering', async () => {
  const messages = await triage('Your API is down in production');
  assert.match(String(messages.at(-1)?.content), /engineering team \(priority urgent\)/);
});

test('what fits no rule goes to the general team', async () => {
  const messages = await triage('Hello?');
  assert.match(String(messages.at(-1)?.content), /general team \(priority normal\)/);
});
