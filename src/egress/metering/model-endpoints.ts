/**
 * Which requests are calls to a model: by their path and body at any host, since gateways and
 * self-hosted servers speak the providers' protocols too.
 */
import { knownProvider } from './providers.ts';

export type ModelProtocol =
  | 'chat'
  | 'completions'
  | 'responses'
  | 'embeddings'
  | 'messages'
  /** Gemini's own. */
  | 'generate'
  /** Costs money, and often tells no tokens: images, speech, batches. */
  | 'other';

export interface ModelEndpoint {
  readonly protocol: ModelProtocol;
  /** Any body: no other API has such a path. Else the body has to look like such a call. */
  readonly certain: boolean;
  /** Said by the path: Azure's deployments. */
  readonly model?: string;
}

interface Ending {
  readonly path: string;
  readonly protocol: ModelProtocol;
  readonly certain?: true;
}

const ENDINGS: readonly Ending[] = [
  { path: '/chat/completions', protocol: 'chat', certain: true },
  { path: '/v1/messages', protocol: 'messages' },
  { path: '/messages/batches', protocol: 'other' },
  { path: '/completions', protocol: 'completions' },
  { path: '/responses', protocol: 'responses' },
  { path: '/responses/compact', protocol: 'responses' },
  { path: '/embeddings', protocol: 'embeddings' },
  { path: '/images/generations', protocol: 'other' },
  { path: '/images/edits', protocol: 'other' },
  { path: '/images/variations', protocol: 'other' },
  { path: '/audio/speech', protocol: 'other' },
  { path: '/audio/transcriptions', protocol: 'other' },
  { path: '/audio/translations', protocol: 'other' },
  { path: '/videos', protocol: 'other' },
  { path: '/batches', protocol: 'other' },
  { path: '/fine_tuning/jobs', protocol: 'other' },
];

/** Members that a body of this protocol has, at a host of which nothing is known. */
const SHAPES: Readonly<Record<ModelProtocol, readonly (readonly string[])[]>> = {
  chat: [['messages']],
  messages: [
    ['messages', 'max_tokens'],
    ['messages', 'model'],
  ],
  completions: [
    ['prompt', 'model'],
    ['prompt', 'max_tokens'],
  ],
  responses: [
    ['model', 'input'],
    ['model', 'prompt'],
    ['model', 'previous_response_id'],
  ],
  embeddings: [
    ['input', 'model'],
    ['input', 'input_type'],
  ],
  generate: [['contents']],
  other: [],
};

/** @returns undefined: no model is called, or it costs nothing (count_tokens, moderations, lists) */
export function modelEndpoint(call: {
  readonly host: string;
  readonly method: string;
  readonly path: string;
}): ModelEndpoint | undefined {
  if (call.method.toUpperCase() !== 'POST') return undefined;
  const path = canonicalPath(call.path);
  const lower = path.toLowerCase();
  const ending = ENDINGS.find((candidate) => lower.endsWith(candidate.path));
  const provider = knownProvider(call.host);
  if (ending === undefined) return ownEndpoint(provider, path);
  if (ending.protocol === 'other' && provider === undefined) return undefined;
  const model = /\/deployments\/([^/]+)\//i.exec(path)?.[1];
  const certain = ending.certain === true || provider !== undefined || model !== undefined;
  return { protocol: ending.protocol, certain, ...(model !== undefined && { model }) };
}

/** Protocols of a provider's own, that name the model in the path. */
const OWN: readonly {
  readonly at: RegExp;
  /** At other hosts too, where the body looks like it: gateways speak it. */
  readonly anywhere?: true;
  readonly path: RegExp;
  readonly protocol: ModelProtocol;
}[] = [
  {
    at: /^vertex_ai$/,
    path: /\/publishers\/anthropic\/models\/([^/:]+):(?:streamR|r)awPredict$/i,
    protocol: 'messages',
  },
  {
    at: /^(?:gemini|vertex_ai)$/,
    anywhere: true,
    path: /\/models\/([^/:]+):(?:streamGenerateContent|generateContent)$/i,
    protocol: 'generate',
  },
  // Counted without tokens, and so flagged: their compatible endpoints are metered.
  {
    at: /^(?:gemini|vertex_ai)$/,
    path: /\/models\/([^/:]+):(?:embedContent|batchEmbedContents|predict)$/i,
    protocol: 'other',
  },
  { at: /^bedrock$/, path: /^\/model\/([^/]+)\/(?:invoke|converse)/i, protocol: 'other' },
];

function ownEndpoint(provider: string | undefined, path: string): ModelEndpoint | undefined {
  for (const { at, anywhere, path: pattern, protocol } of OWN) {
    const certain = provider !== undefined && at.test(provider);
    const model = certain || anywhere === true ? pattern.exec(path)?.[1] : undefined;
    if (model !== undefined) return { protocol, certain, model };
  }
  return undefined;
}

export function hasShape(protocol: ModelProtocol, has: (member: string) => boolean): boolean {
  return SHAPES[protocol].some((members) => members.every(has));
}

/** Nothing in it that could be read in another way: nearly all paths. */
const CANONICAL = /^(?:\/[\w~:-][\w.~:-]*)+$/;

/** As a server may read it: without query, escapes, empty and dot segments, and final slashes. */
export function canonicalPath(path: string): string {
  if (CANONICAL.test(path)) return path;
  const segments: string[] = [];
  for (const segment of unescaped(path.split(/[?#]/, 1)[0] ?? '').split(/[/\\]+/)) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

function unescaped(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
