import protobuf from 'protobufjs/minimal.js';
import type { IngestReport } from '../../contracts/event-query.ts';

/**
 * ExportTraceServiceResponse, as protobuf or JSON like the request. Rejected spans are a partial
 * success: the sender must not repeat them, because they would be rejected again.
 */
export function encodeOtlpResponse(
  report: IngestReport,
  format: 'otlp-json' | 'otlp-protobuf',
): { readonly contentType: string; readonly body: Buffer } {
  const { rejected } = report;
  const errorMessage = messageOf(report);
  if (format === 'otlp-json') {
    const answer =
      rejected === 0 ? {} : { partialSuccess: { rejectedSpans: String(rejected), errorMessage } };
    return { contentType: 'application/json', body: Buffer.from(JSON.stringify(answer)) };
  }
  const writer = protobuf.Writer.create();
  if (rejected > 0) {
    // partial_success = 1 { rejected_spans = 1; error_message = 2 }
    writer.uint32(0x0a).fork();
    writer.uint32(0x08).int64(rejected).uint32(0x12).string(errorMessage).ldelim();
  }
  return { contentType: 'application/x-protobuf', body: Buffer.from(writer.finish()) };
}

function messageOf({ rejected, problems }: IngestReport): string {
  const shown = problems.slice(0, 3).map((one) => `span ${one.line}: ${one.code}: ${one.message}`);
  const more = rejected > shown.length ? ` (and ${rejected - shown.length} more)` : '';
  return `${shown.join('; ')}${more}`;
}
