/** One whole request: a POST carries 200 bytes of JSON, as a call of an agent would. */
export function requestBytes(
  method: 'GET' | 'POST',
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const body = method === 'POST' ? JSON.stringify({ input: 'y'.repeat(188) }) : '';
  const all = {
    Host: 'bench.test',
    ...headers,
    ...(body !== '' && { 'Content-Type': 'application/json', 'Content-Length': body.length }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
}
