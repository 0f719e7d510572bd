import { defineErrors } from '../base/errors.ts';

export const apiErrors = defineErrors({
  request_invalid: { status: 400, remedy: 'Change what the message names and send it again.' },
  body_malformed: { status: 400, remedy: 'Send one JSON value in UTF-8.' },
  body_too_large: { status: 413, remedy: 'Send less.' },
  body_too_slow: { status: 408, remedy: 'Send it again, all of it at once.' },
  body_type_unsupported: {
    status: 415,
    remedy: 'Send "Content-Type: application/json", not compressed.',
  },
  path_unknown: { status: 404, remedy: 'GET /v1/openapi.json lists the paths there are.' },
  method_not_allowed: { status: 405, remedy: 'Use a method that the header Allow names.' },
  host_not_allowed: {
    status: 421,
    remedy:
      'Use localhost or the address swarmd listens on, or name the host in SWARM_ALLOWED_HOSTS.',
  },
  machine_unknown: {
    status: 404,
    remedy: 'GET /v1/agents/NAME/machines lists those of an agent.',
  },
  tile_not_found: {
    status: 404,
    remedy: 'Read the checkpoint first: its size says which tiles there are.',
  },
  last_event_id_invalid: { status: 400, remedy: 'Send the id of an event that was received.' },
  idempotency_key_invalid: {
    status: 400,
    remedy: 'Send 1 to 255 visible ASCII characters, such as a UUID.',
  },
  idempotency_key_reused: {
    status: 422,
    remedy: 'Use a new key for a new request.',
  },
  idempotency_in_progress: { status: 409, remedy: 'Wait for the first request to be answered.' },
  idempotency_outcome_unknown: {
    status: 409,
    remedy: 'Look whether it was done, then send it with a new key if it was not.',
  },
  upgrade_required: { status: 426, remedy: 'Connect with a WebSocket client.' },
  exec_start_invalid: {
    status: 400,
    remedy: 'Send {"argv": ["sh"], "tty": true} as text, within 10 s of connecting.',
  },
  answer_cut_short: { status: 500, remedy: 'Ask again, and read the answer to its end.' },
  exec_not_started: { status: 422, remedy: 'See what the last frame of the session says.' },
  shutting_down: { status: 503, remedy: 'Try again when swarmd is back.' },
  not_ready: {
    status: 503,
    remedy: 'Wait until GET /readyz answers 200; it says what is missing.',
  },
  internal_error: {
    status: 500,
    remedy: 'This is a fault of swarmd: its log has the request id with the cause.',
  },
});
