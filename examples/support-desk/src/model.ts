/** Chooses the model from the environment; provider packages load only when they are used. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { ScriptedModel } from './scripted-model.ts';

export interface ChosenModel {
  /** As shown in answers: `anthropic:claude-…`, `openai:…`, `scripted`, or the model alone. */
  readonly name: string;
  readonly model: BaseChatModel;
}

export async function chooseModel(env: NodeJS.ProcessEnv): Promise<ChosenModel> {
  if (env.MODEL_BASE_URL !== undefined) {
    const model = env.MODEL ?? 'gpt-5-mini';
    const { ChatOpenAI } = await import('@langchain/openai');
    const apiKey = env.MODEL_API_KEY ?? 'none';
    const configuration = { baseURL: env.MODEL_BASE_URL };
    return { name: model, model: new ChatOpenAI({ model, apiKey, configuration }) };
  }
  if (env.ANTHROPIC_API_KEY !== undefined) {
    const model = env.MODEL ?? 'claude-sonnet-4-5';
    const { ChatAnthropic } = await import('@langchain/anthropic');
    return { name: `anthropic:${model}`, model: new ChatAnthropic({ model }) };
  }
  if (env.OPENAI_API_KEY !== undefined || env.OPENAI_BASE_URL !== undefined) {
    const model = env.MODEL ?? 'gpt-5-mini';
    const { ChatOpenAI } = await import('@langchain/openai');
    const chat = new ChatOpenAI({
      model,
      apiKey: env.OPENAI_API_KEY ?? 'none', // Local servers that speak OpenAI's format need no key.
      ...(env.OPENAI_BASE_URL !== undefined && { configuration: { baseURL: env.OPENAI_BASE_URL } }),
    });
    return { name: `openai:${model}`, model: chat };
  }
  return { name: 'scripted', model: new ScriptedModel({}) };
}
