import { defineEvents } from '../../contracts/event-kinds.ts';

const seen = {
  entries: 'How many entries were looked at.',
  treeSize: 'How many of them the signed checkpoint covers.',
  rootHash: 'The checkpoint’s root hash, in base64.',
};

export const verificationEvents = defineEvents({
  'audit.verified': {
    summary: 'The verifier went over the whole log and found it as it was written.',
    attributes: seen,
  },
  'audit.verification_failed': {
    summary: 'The verifier went over the whole log, and it is not what was written and signed.',
    attributes: {
      ...seen,
      findings: 'How much was found in all.',
      problem: 'What was found first: code, message, file, offset in bytes, entry.',
    },
  },
  'audit.verification_joined': {
    summary: 'Somebody asked for a verification of the log while one was under way, and joined it.',
    attributes: { verification: 'Id of the event that tells how it ends.' },
  },
  'audit.verification_unfinished': {
    summary: 'A verification of the log came to no verdict; it is tried again.',
  },
});
