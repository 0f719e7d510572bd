/** Stub, replaced below. */
export class SpanMemory {}
