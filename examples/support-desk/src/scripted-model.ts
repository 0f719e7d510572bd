/**
 * A model that follows a script, for machines without a provider's key. It speaks LangChain's own
 * interface, tool calls included, and says in every answer that it is scripted.
 */
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import type { ChatResult } from '@langchain/core/outputs';

interface Rule {
  readonly words: readonly string[];
  readonly team: 'billing' | 'accounts' | 'engineering';
  readonly query: string;
}

const RULES: readonly Rule[] = [
  {
    words: ['refund', 'charge', 'invoice', 'payment', 'billing'],
    team: 'billing',
    query: 'charge refund',
  },
  { words: ['password', 'login', 'sign in', 'locked'], team: 'accounts', query: 'password login' },
  {
    words: ['error', 'down', 'outage', 'crash', '500', '503'],
    team: 'engineering',
    query: 'api error',
  },
];

function textOf(message: BaseMessage | undefined): string {
  return typeof message?.content === 'string' ? message.content : '';
}

/** The next message of the script, from what was said so far. */
export function nextMessage(messages: readonly BaseMessage[]): AIMessage {
  const ticket = textOf(messages.find((message) => message.getType() === 'human'));
  const results = messages.filter((message) => message.getType() === 'tool');
  const lower = ticket.toLowerCase();
  const rule = RULES.find(({ words }) => words.some((word) => lower.includes(word)));
  const email = /[\w.+-]+@[\w-]+\.[\w.]+/.exec(ticket)?.[0] ?? 'unknown@example.com';
  const call = (name: string, args: Record<string, unknown>) =>
    new AIMessage({
      content: '',
      tool_calls: [{ id: `call_${results.length + 1}`, name, args, type: 'tool_call' }],
    });

  if (results.length === 0) return call('look_up_customer', { email });
  if (results.length === 1) return call('search_articles', { query: rule?.query ?? ticket });
  if (results.length === 2) {
    const enterprise = textOf(results[0]).includes('"enterprise"');
    const urgent = /urgent|down|outage|production/.test(lower);
    return call('route_ticket', {
      team: rule?.team ?? 'general',
      priority: urgent ? 'urgent' : enterprise ? 'high' : 'normal',
      summary: ticket.slice(0, 80),
    });
  }
  const article = /"title":"([^"]+)"/.exec(textOf(results[1]))?.[1];
  const routed = JSON.parse(textOf(results[2])) as { team: string; priority: string };
  const advice =
    article === undefined ? '' : ` Meanwhile, "${article}" in our help centre may help.`;
  return new AIMessage(
    `Thank you for writing. Your ticket is with the ${routed.team} team (priority ${routed.priority}).${advice} [scripted model: no provider key was given]`,
  );
}

export class ScriptedModel extends BaseChatModel {
  _llmType(): string {
    return 'scripted';
  }

  override bindTools(): this {
    return this; // The script knows the tools by name.
  }

  async _generate(
    messages: BaseMessage[],
    _options: this['ParsedCallOptions'],
    _runManager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    const message = nextMessage(messages);
    return { generations: [{ message, text: textOf(message) }], llmOutput: { model: 'scripted' } };
  }
}
