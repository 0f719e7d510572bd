/** Answers in the format of Gemini's API reference: generateContent, whole, as events and as a list. */
import {
  dataEvent,
  type ProviderAnswer,
  type ProviderBehaviour,
  type RequestBody,
} from './provider-behaviour.ts';

export const GENERATE_PATH = /\/models\/([^/:]+):(streamG|g)enerateContent$/;

/** @param url with its query: `alt=sse` asks for events */
export function generateAnswer(
  url: string,
  _body: RequestBody,
  behaviour: ProviderBehaviour,
): ProviderAnswer {
  const { words } = behaviour;
  const [path = '', query = ''] = url.split('?');
  const [, model, form] = GENERATE_PATH.exec(path) ?? [];
  const record = (text: string, isLast: boolean) => ({
    candidates: [
      {
        content: { role: 'model', parts: [{ text }] },
        ...{ index: 0, ...(isLast && { finishReason: 'STOP' }) },
      },
    ],
    ...(behaviour.failure !== 'no_usage' && { usageMetadata: usageOf(behaviour) }),
    modelVersion: behaviour.model ?? model,
  });
  if (form === 'g') return { status: 200, json: record(words.join(''), true) };
  const records = words.map((word, i) => record(word, i === words.length - 1));
  if (new URLSearchParams(query).get('alt') === 'sse')
    return { status: 200, events: records.map(dataEvent) };
  return { status: 200, json: records };
}

function usageOf({ tokens }: ProviderBehaviour) {
  const prompt = tokens.input + tokens.cacheRead;
  return {
    promptTokenCount: prompt,
    ...(tokens.cacheRead > 0 && { cachedContentTokenCount: tokens.cacheRead }),
    candidatesTokenCount: tokens.output,
    ...(tokens.reasoning > 0 && { thoughtsTokenCount: tokens.reasoning }),
    totalTokenCount: prompt + tokens.output + tokens.reasoning,
  };
}
