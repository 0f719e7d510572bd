import { defineEvents } from '../contracts/event-kinds.ts';

const change = {
  secret: 'its name',
  before: 'its version and use before',
  after: 'its version and use from now on',
};

/** Names and versions, never a value. */
export const secretKinds = defineEvents({
  'secret.set': { summary: 'Somebody made a secret.', attributes: change },
  'secret.rotated': { summary: 'Somebody gave a secret a new value.', attributes: change },
  'secret.changed': {
    summary: 'Somebody changed how a secret may be used.',
    attributes: change,
  },
  'secret.deleted': {
    summary: 'Somebody deleted a secret.',
    attributes: { ...change, force: 'true: although an active revision names it' },
  },
  'secret.rekeyed': {
    summary: 'Somebody replaced the root key that protects all secrets.',
    attributes: { before: 'id of the old root key', after: 'id of the new one' },
  },
  'secret.injected': {
    summary: 'The value of a secret was given to a machine, in the environment of its process.',
    attributes: { secrets: 'name@version of each' },
  },
});
