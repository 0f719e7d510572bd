import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientName } from './client-name.ts';

test('browsers are told apart by what they claim', () => {
  const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  const named: Readonly<Record<string, string>> = {
    [`Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/156.0.0.0 Safari/537.36`]:
      'Chrome 156 on Linux',
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/150.0 Safari/537.36 Edg/150.0`]:
      'Edge 150 on Windows',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0':
      'Firefox 140 on macOS',
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1':
      'Safari 18 on iOS',
    'curl/8.5.0': 'curl/8.5.0',
    '': 'a browser that does not say which',
  };
  for (const [client, name] of Object.entries(named)) assert.equal(clientName(client), name);
});
