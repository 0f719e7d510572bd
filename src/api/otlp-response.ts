/**
 * ExportTraceServiceResponse of OTLP 1.x, as JSON or as protobuf:
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
 */
import type { IngestReport } from '../contracts/event-query.ts';

/** Nothing is said of success; what was not taken is counted, with the first reasons. */
export function otlpJson(report: IngestReport): object {
  if (report.rejected === 0) return {};
  return {
    partialSuccess: { rejectedSpans: String(report.rejected), errorMessage: reasons(report) },
  };
}

export function otlpProtobuf(report: IngestReport): Uint8Array {
  if (report.rejected === 0) return new Uint8Array(0);
  const message = Buffer.from(reasons(report));
  // rejected_spans = 1 (int64), error_message = 2 (string).
  const partial = Buffer.concat([
    Buffer.of(0x08),
    varint(report.rejected),
    Buffer.of(0x12),
    varint(message.length),
    message,
  ]);
  // partial_success = 1.
  return Buffer.concat([Buffer.of(0x0a), varint(partial.length), partial]);
}

const TOLD = 5;

function reasons({ problems }: IngestReport): string {
  return problems
    .slice(0, TOLD)
    .map(({ line, message }) => `span ${line}: ${message}`)
    .join('; ')
    .slice(0, 2_000);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return Buffer.from([...bytes, rest]);
}
