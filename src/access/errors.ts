import { defineErrors } from '../base/errors.ts';

export const accessErrors = defineErrors({
  token_missing: {
    status: 401,
    remedy:
      'Send "Authorization: Bearer TOKEN", or the header Swarm-Token. The first token lies in the file "token" of swarmd’s home folder.',
  },
  token_malformed: {
    status: 401,
    remedy: 'Copy the whole token again: swarm_, an id, "_" and a secret that ends with its check.',
  },
  token_unknown: {
    status: 401,
    remedy: 'Use a token of this swarmd that has not been deleted.',
  },
  token_expired: { status: 401, remedy: 'Make a new token with POST /v1/tokens.' },
  session_ended: { status: 401, remedy: 'Sign in again: run "swarm dashboard".' },
  session_header_wrong: { status: 401, remedy: 'Load the page again.' },
  sign_in_code_invalid: {
    status: 401,
    remedy: 'Run "swarm dashboard" for a new one: a code is good once, for a minute.',
  },
  session_not_found: { status: 404, remedy: 'See which there are: swarm sessions.' },
  origin_not_allowed: {
    status: 403,
    remedy: 'Use the dashboard at the address that swarmd serves it at.',
  },
  not_permitted: {
    status: 403,
    remedy: 'Use a token with the scope that the message names, or with the scope admin.',
  },
  token_not_found: { status: 404, remedy: 'GET /v1/tokens lists those there are.' },
  token_file_invalid: {
    status: 500,
    remedy: 'Delete the file: swarmd makes a new token at its next start, and the old one ends.',
  },
  token_expiry_invalid: { status: 400, remedy: 'Give a time in the future, or none.' },
});
