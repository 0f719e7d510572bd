/**
 * Bounds of events that are sent from outside. Apart from their schema: the thread that checks them
 * by hand does without zod, and so without ten megabytes of memory.
 */

/** A line of NDJSON may have this many bytes. */
export const MAX_INGEST_LINE_BYTES = 65_536;
/** A body may have this many lines: while they are read, whatever else is for the log waits. */
export const MAX_INGEST_LINES = 20_000;
/** The same of spans, each of which has an id that is looked for in the index. */
export const MAX_INGEST_SPANS = 20_000;
/** `attributes` may have this many bytes as JSON. */
export const MAX_ATTRIBUTE_BYTES = 32_768;
/** How deep values may nest. */
export const MAX_INGEST_DEPTH = 32;
/** How far ahead of swarmd's clock a time may be. */
export const MAX_FUTURE_MS = 600_000;
/** Before this nobody ran an agent: the clock was not set. */
export const EARLIEST_TIME = '2000-01-01T00:00:00Z';
/** Kinds of a program's own events begin so. */
export const PROGRAM_KIND_PREFIX = 'program.';
