import assert from 'node:assert/strict';
import { test } from 'node:test';
import protobuf from 'protobufjs';
import type { IngestReport } from '../contracts/event-query.ts';
import { otlpJson, otlpProtobuf } from './otlp-response.ts';

const schema = protobuf.parse(`
  syntax = "proto3";
  message ExportTraceServiceResponse { ExportTracePartialSuccess partial_success = 1; }
  message ExportTracePartialSuccess { int64 rejected_spans = 1; string error_message = 2; }
`);
const Response = schema.root.lookupType('ExportTraceServiceResponse');

const report = (rejected: number): IngestReport => ({
  ...{ accepted: 3, duplicates: 0, rejected },
  problems: Array.from({ length: Math.min(rejected, 100) }, (_, i) => ({
    ...{ line: i + 1, code: 'span_invalid', message: 'has no trace id – é' },
  })),
});

test('full success says nothing', () => {
  assert.deepEqual(otlpJson(report(0)), {});
  assert.equal(otlpProtobuf(report(0)).length, 0);
});

test('what was not taken is counted, with the first reasons, in both forms', () => {
  for (const rejected of [1, 127, 128, 300, 70_000]) {
    const json = otlpJson(report(rejected)) as {
      partialSuccess: { rejectedSpans: string; errorMessage: string };
    };
    assert.equal(json.partialSuccess.rejectedSpans, String(rejected));
    assert.match(json.partialSuccess.errorMessage, /^span 1: has no trace id – é/);
    const decoded = Response.toObject(Response.decode(otlpProtobuf(report(rejected))), {
      longs: String,
    });
    assert.deepEqual(decoded, {
      partialSuccess: {
        rejectedSpans: String(rejected),
        errorMessage: json.partialSuccess.errorMessage,
      },
    });
  }
});
