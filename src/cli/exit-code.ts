import { SwarmError } from '../base/errors.ts';

/** What the CLI's process ends with; docs/reference/cli.md tells them to users. */
export const EXIT = {
  ok: 0,
  /** It was tried and failed: a deployment, a call, a check of the doctor. */
  failure: 1,
  /** The command line, agent.yaml or what was sent with it is wrong; nothing was changed. */
  usage: 2,
  notFound: 3,
  /** swarmd does not run or cannot be reached. */
  unreachable: 4,
  /** The token is missing or wrong. */
  unauthorised: 5,
  interrupted: 130,
} as const;

const BY_CODE: Readonly<Record<string, number>> = {
  usage: EXIT.usage,
  manifest_not_found: EXIT.usage,
  manifest_invalid: EXIT.usage,
  source_not_found: EXIT.usage,
  folder_refused: EXIT.usage,
  confirmation_needed: EXIT.usage,
  manifest_unreadable: EXIT.usage,
  file_missing: EXIT.usage,
  file_unwritable: EXIT.usage,
  // What swarmd says of the words, values and files that it was given.
  request_invalid: EXIT.usage,
  event_query_invalid: EXIT.usage,
  cost_time_invalid: EXIT.usage,
  secret_value_invalid: EXIT.usage,
  prices_invalid: EXIT.usage,
  swarmd_not_running: EXIT.unreachable,
  swarmd_connection_lost: EXIT.unreachable,
  swarmd_url_invalid: EXIT.usage,
};

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof SwarmError)) return EXIT.failure;
  const byCode = BY_CODE[error.code];
  if (byCode !== undefined) return byCode;
  if (error.status === 401 || error.status === 403) return EXIT.unauthorised;
  if (error.status === 404) return EXIT.notFound;
  return EXIT.failure;
}
