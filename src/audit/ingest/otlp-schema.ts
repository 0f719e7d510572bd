/**
 * The part of OTLP's messages that is read, by field number, after opentelemetry-proto 1.x
 * (collector/trace/v1, trace/v1, resource/v1, common/v1). Other fields are skipped.
 */

export type OtlpField =
  | { readonly name: string; readonly type: OtlpScalar; readonly repeated?: true }
  | { readonly name: string; readonly message: () => OtlpMessage; readonly repeated?: true };
export type OtlpScalar =
  | ('string' | 'bytes' | 'bool' | 'int64' | 'double' | 'fixed64' | 'fixed32')
  | ('uint32' | 'enum');
export type OtlpMessage = Readonly<Record<number, OtlpField>>;

const ANY_VALUE: OtlpMessage = {
  1: { name: 'stringValue', type: 'string' },
  2: { name: 'boolValue', type: 'bool' },
  3: { name: 'intValue', type: 'int64' },
  4: { name: 'doubleValue', type: 'double' },
  5: { name: 'arrayValue', message: () => ARRAY_VALUE },
  6: { name: 'kvlistValue', message: () => KEY_VALUE_LIST },
  7: { name: 'bytesValue', type: 'bytes' },
};
const ARRAY_VALUE: OtlpMessage = {
  1: { name: 'values', message: () => ANY_VALUE, repeated: true },
};
const KEY_VALUE_LIST: OtlpMessage = {
  1: { name: 'values', message: () => KEY_VALUE, repeated: true },
};
const KEY_VALUE: OtlpMessage = {
  1: { name: 'key', type: 'string' },
  2: { name: 'value', message: () => ANY_VALUE },
};
const attributes = (): OtlpField => ({
  name: 'attributes',
  message: () => KEY_VALUE,
  repeated: true,
});

const SPAN_EVENT: OtlpMessage = {
  1: { name: 'timeUnixNano', type: 'fixed64' },
  2: { name: 'name', type: 'string' },
  3: attributes(),
};
const SPAN_LINK: OtlpMessage = {
  1: { name: 'traceId', type: 'bytes' },
  2: { name: 'spanId', type: 'bytes' },
};
const SPAN: OtlpMessage = {
  1: { name: 'traceId', type: 'bytes' },
  2: { name: 'spanId', type: 'bytes' },
  4: { name: 'parentSpanId', type: 'bytes' },
  5: { name: 'name', type: 'string' },
  6: { name: 'kind', type: 'enum' },
  7: { name: 'startTimeUnixNano', type: 'fixed64' },
  8: { name: 'endTimeUnixNano', type: 'fixed64' },
  9: attributes(),
  10: { name: 'droppedAttributesCount', type: 'uint32' },
  11: { name: 'events', message: () => SPAN_EVENT, repeated: true },
  13: { name: 'links', message: () => SPAN_LINK, repeated: true },
  15: {
    name: 'status',
    message: () => STATUS,
  },
};
const STATUS: OtlpMessage = {
  2: { name: 'message', type: 'string' },
  3: { name: 'code', type: 'enum' },
};
const SCOPE: OtlpMessage = {
  1: { name: 'name', type: 'string' },
  2: { name: 'version', type: 'string' },
};
const SCOPE_SPANS: OtlpMessage = {
  1: { name: 'scope', message: () => SCOPE },
  2: { name: 'spans', message: () => SPAN, repeated: true },
};
const RESOURCE: OtlpMessage = { 1: attributes() };
const RESOURCE_SPANS: OtlpMessage = {
  1: { name: 'resource', message: () => RESOURCE },
  2: { name: 'scopeSpans', message: () => SCOPE_SPANS, repeated: true },
};

export const EXPORT_TRACE_SERVICE_REQUEST: OtlpMessage = {
  1: { name: 'resourceSpans', message: () => RESOURCE_SPANS, repeated: true },
};
