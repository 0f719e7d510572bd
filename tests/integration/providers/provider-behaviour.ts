import type { EventTokens } from '../../../src/contracts/event.ts';

/** How the stand-in answers from now on. */
export interface ProviderBehaviour {
  /** What the model says, one event each. */
  readonly words: readonly string[];
  /**
   * What it says it used, in classes that do not overlap; each provider's form is made of them.
   * cacheWriteLong is part of cacheWrite, and Anthropic's alone.
   */
  readonly tokens: { readonly [Class in keyof EventTokens]-?: number };
  /** Of an answer's name of the model; undefined: the one that was asked for. */
  readonly model?: string;
  /** Before an answer, and before each event of a stream. */
  readonly delayMs: number;
  /** Only where the caller accepts it, as real servers do, unless `codeAlways`. */
  readonly coding: 'identity' | 'gzip' | 'br' | 'zstd' | 'deflate';
  readonly codeAlways: boolean;
  /** Bodies and events are written in pieces of at most so many bytes. */
  readonly chunkBytes: number;
  /**
   * - `overloaded`: 529 of Anthropic, 503 of the others
   * - `cut_off`: the connection is lost in the middle of the answer
   * - `no_usage`: everything but the usage
   * - `mid_stream`: an error event in the middle of a stream
   */
  readonly failure?: 'overloaded' | 'cut_off' | 'no_usage' | 'mid_stream';
}

export const USUAL: ProviderBehaviour = {
  words: ['Hel', 'lo, ', 'wörld ', '😀.'],
  tokens: {
    ...{ input: 86, output: 44, reasoning: 256 },
    ...{ cacheRead: 1920, cacheWrite: 0, cacheWriteLong: 0 },
  },
  delayMs: 0,
  coding: 'identity',
  codeAlways: false,
  chunkBytes: 1024 * 1024,
};

/** A body, or the events of a stream, not yet coded. */
export interface ProviderAnswer {
  readonly status: number;
  readonly json?: unknown;
  readonly events?: readonly string[];
}

export type RequestBody = Readonly<Record<string, unknown>>;

export const dataEvent = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
export const namedEvent = (value: { readonly type: string; readonly [name: string]: unknown }) =>
  `event: ${value.type}\n${dataEvent(value)}`;
