/**
 * Secrets: values that agents use and never have. A root key (a file) seals a key for each
 * workspace, that seals a key for each version of a secret, and that seals the value. The front
 * file of the area.
 */
export { activeReferences, type SecretReferences } from './active-references.ts';
export { secretErrors } from './errors.ts';
export { secretKinds } from './events.ts';
export { openSecrets, type SecretsOptions } from './open-secrets.ts';
export type { Rotation, Secrets } from './ports.ts';
export { secretNamesIn } from './secret-references.ts';
