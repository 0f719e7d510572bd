/** Headers that are meant for the next hop only: RFC 9110, 7.6.1. Those named in Connection come on top. */
export const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
] as const;
