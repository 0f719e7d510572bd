import type { CommandResult } from '../base/command.ts';
import type { SwarmError } from '../base/errors.ts';
import { outputTail } from './command-outcome.ts';
import { imageErrors } from './errors.ts';

/** The first that matches decides; the words of a registry often name several causes. */
const FAILURES = [
  {
    says: /no image found in (?:manifest list|image index) for architecture|choosing image instance|choosing an image from manifest list/i,
    make: imageErrors.image_architecture_mismatch,
    what: 'has no variant for the processor of this host',
  },
  {
    says: /Cannot connect to the Docker daemon|docker\.sock|error during connect/i,
    make: imageErrors.docker_daemon_unreachable,
    what: 'cannot be read: no Docker daemon answers on this host',
  },
  {
    says: /invalid reference format|must be lowercase/i,
    make: imageErrors.image_reference_invalid,
    what: 'is not the name of an image',
  },
  {
    says: /pinging container registry|no such host|connection refused|i\/o timeout|network is unreachable|no route to host|TLS handshake|x509|context deadline exceeded|connection reset|server misbehaving/i,
    make: imageErrors.registry_unreachable,
    what: 'cannot be fetched: its registry does not answer as one',
  },
  {
    says: /unauthorized|authentication required|invalid username\/password|status ?(?:code)?:? 401/i,
    make: imageErrors.registry_credentials_refused,
    what: 'needs credentials that its registry accepts',
  },
  {
    says: /\bdenied\b|forbidden|status ?(?:code)?:? 403/i,
    make: imageErrors.image_access_denied,
    what: 'may not be read with these credentials',
  },
  {
    says: /No such image|manifest unknown|name unknown|repository name not known|status ?(?:code)?:? 404/i,
    make: imageErrors.image_not_found,
    what: 'was not found',
  },
  {
    says: /status ?(?:code)?:? 5\d\d|unexpected EOF/i,
    make: imageErrors.registry_unreachable,
    what: 'cannot be fetched: its registry fails',
  },
];

/** What skopeo's output says about a failed access to `image`. */
export function registryFailure(
  result: Pick<CommandResult, 'stdout' | 'stderr'>,
  image: string,
): SwarmError {
  const output = outputTail(result);
  const text = output.join('\n');
  const failure = FAILURES.find(({ says }) => says.test(text));
  const options = { details: { image, output } };
  if (failure === undefined)
    return imageErrors.image_pull_failed(`The image "${image}" could not be fetched.`, options);
  return failure.make(`The image "${image}" ${failure.what}.`, options);
}
