/**
 * What else comes on the tab’s one stream while a page shows it: the log of an agent, or the progress
 * of a deployment. One at a time: a page shows one.
 */
import { parseLivePosition } from '../../contracts/live-position.ts';
import type { LiveMessage } from '../../contracts/overview.ts';
import { ApiError } from '../api/request.ts';

export type FollowedMessage = Extract<
  LiveMessage,
  { type: 'log' | 'log_ended' | 'deployment' | 'deployment_ended' }
>;

export interface Following {
  /** Words of the query: `log` and `logTail`, or `deployment`. */
  readonly query: Readonly<Record<string, string | number>>;
  /** A connection with it is there. */
  opened(): void;
  take(message: FollowedMessage): void;
  /** It is not to be had; the stream goes on without. */
  refused(error: ApiError): void;
}

let following: Following | undefined;
let changed: (() => void) | undefined;

export function followed(): Following | undefined {
  return following;
}

/** `tell` is called whenever something else is to be followed from then on. */
export function onFollowChange(tell: (() => void) | undefined): void {
  changed = tell;
}

/** From its beginning; over as many connections as it takes. @returns the unfollow function */
export function follow(next: Following): () => void {
  following = next;
  changed?.();
  return () => {
    if (following !== next) return;
    following = undefined;
    changed?.();
  };
}

export function takeFollowed(message: FollowedMessage): void {
  following?.take(message);
}

/** Of a position, what is left when something else is followed. */
export function withoutFollowed(position: string | undefined): string | undefined {
  const seq = position === undefined ? undefined : parseLivePosition(position)?.seq;
  return seq === undefined ? undefined : String(seq);
}

/** Was the stream refused for what is followed? Then it is followed no more. */
export function dropRefused(asked: Following | undefined, error: unknown): boolean {
  if (asked === undefined || !(error instanceof ApiError)) return false;
  const { status } = error.problem;
  if (status < 400 || status >= 500 || status === 401 || status === 429) return false;
  if (following === asked) following = undefined;
  asked.refused(error);
  return true;
}
