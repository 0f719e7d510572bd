import type { CommandResult } from '../base/command.ts';
import type { SwarmError } from '../base/errors.ts';
import { outputTail } from './command-outcome.ts';
import { imageErrors } from './errors.ts';

/** The first that matches decides: a registry says 404 in a body of status 401, and the reverse. */
const FAILURES = [
  {
    says: /no image found in (?:manifest list|image index) for architecture|choosing image instance/i,
    make: imageErrors.image_architecture_mismatch,
    what: 'has no image for this architecture',
  },
  {
    says: /Cannot connect to the Docker daemon|docker\.sock|error during connect/i,
    make: imageErrors.docker_daemon_unreachable,
    what: 'cannot be read: there is no Docker daemon on this host',
  },
  {
    says: /No such image/i,
    make: imageErrors.image_not_found,
    what: 'is not in the Docker daemon of this host',
  },
  {
    says: /manifest unknown|name unknown|repository name not known|status(?: code)?:? 404|not found\b/i,
    make: imageErrors.image_not_found,
    what: 'is not in its registry',
  },
  {
    says: /status(?: code)?:? 403|\bdenied\b|forbidden/i,
    make: imageErrors.image_access_denied,
    what: 'may not be read with these credentials',
  },
  {
    says: /unauthorized|authentication required|invalid username\/password|status(?: code)?:? 401/i,
    make: imageErrors.registry_credentials_refused,
    what: 'needs credentials that its registry accepts',
  },
  {
    says: /no such host|connection refused|i\/o timeout|network is unreachable|no route to host|TLS handshake|x509|context deadline exceeded|pinging container registry|EOF|connection reset|server misbehaving|status(?: code)?:? 5\d\d/i,
    make: imageErrors.registry_unreachable,
    what: 'cannot be fetched: its registry does not answer as one',
  },
];

/** What skopeo's output says about a failed access to `image`. */
export function registryFailure(result: CommandResult, image: string): SwarmError {
  const output = outputTail(result);
  const text = output.join('\n');
  const failure = FAILURES.find(({ says }) => says.test(text));
  const options = { details: { image, output } };
  if (failure === undefined)
    return imageErrors.image_pull_failed(`The image "${image}" could not be fetched.`, options);
  return failure.make(`The image "${image}" ${failure.what}.`, options);
}
