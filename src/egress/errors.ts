import { defineErrors } from '../base/errors.ts';

const ALLOW = 'Allow it with "swarm egress allow", or in egress: of agent.yaml.';

/** What a call from inside a machine is answered with. */
export const egressErrors = defineErrors({
  egress_refused: { status: 403, remedy: ALLOW },
  egress_address_refused: {
    status: 403,
    remedy: 'Call it by its name; a private range needs "ranges" in the rule for that name.',
  },
  egress_host_mismatch: {
    status: 403,
    remedy: 'The name connected to, the name in TLS and the Host header must be the same.',
  },
  egress_bad_request: { status: 400, remedy: 'Send it as RFC 9112 says.' },
  egress_busy: {
    status: 503,
    remedy: 'Wait until calls with long bodies have ended, and make fewer of them at a time.',
  },
  egress_not_found: { status: 502, remedy: 'Check the name: it has no address.' },
  egress_unreachable: { status: 502, remedy: 'Check that the other side is up, and its port.' },
  egress_timeout: { status: 504, remedy: 'The other side was too slow; try again later.' },
  egress_bad_tls: {
    status: 502,
    remedy: 'The other side’s certificate must be valid for its name, from a known authority.',
  },
  egress_bad_response: { status: 502, remedy: 'The other side must answer in HTTP.' },
  egress_closed: { status: 502, remedy: 'The other side closed the connection; try again later.' },
});
