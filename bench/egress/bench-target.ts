/** What the processes of the benchmark agree on. */
export const BENCH_HOST = 'model.bench.test';
/** Between two events of a stream. */
export const STREAM_EVERY_MS = 1_000;

/** One chat completion, as an SDK sends it. */
export function chatRequest(): Buffer {
  const body = JSON.stringify({
    ...{ model: 'gpt-4o-mini', max_tokens: 100 },
    messages: [{ role: 'user', content: 'y'.repeat(120) }],
  });
  return Buffer.from(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: ${BENCH_HOST}\r\nAuthorization: Bearer swsec_${'a'.repeat(52)}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
