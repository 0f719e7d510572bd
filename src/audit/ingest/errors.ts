import { defineErrors } from '../../base/errors.ts';

/** Codes of whole bodies, and of single lines (or spans) in an ingest report. */
export const ingestErrors = defineErrors({
  otlp_body_invalid: {
    status: 400,
    remedy: 'Send an ExportTraceServiceRequest as OTLP/HTTP describes it, as protobuf or JSON.',
  },
  event_ids_behind: {
    status: 503,
    remedy:
      'Send the same events again in some seconds: the search index is behind, and repeats could not be told from new events.',
  },
  event_lines_too_many: {
    status: 413,
    remedy: 'Send them in several requests; none of these was taken.',
  },
  event_json_invalid: {
    status: 400,
    remedy: 'Send one JSON object on each line.',
  },
  event_utf8_invalid: { status: 400, remedy: 'Send UTF-8.' },
  event_too_large: {
    status: 413,
    remedy: 'Keep a line below 64 KiB and attributes below 32 KiB.',
  },
  event_invalid: {
    status: 400,
    remedy: 'See docs/reference/events.md for the fields of an event.',
  },
  event_kind_unknown: {
    status: 400,
    remedy: 'Let the kind of your own events begin with "program.".',
  },
  event_time_invalid: {
    status: 400,
    remedy: "Set the sender's clock, or leave the time out: then it is the time of arrival.",
  },
  event_agent_forbidden: {
    status: 403,
    remedy: 'Use a token that may write for this agent.',
  },
  event_id_conflict: {
    status: 409,
    remedy: 'Give each event an id of its own; send an event again only unchanged.',
  },
});
