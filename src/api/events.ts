/** What is done through the API. Each endpoint that acts names one of these. */
import { defineEvents } from '../contracts/event-kinds.ts';

const BEFORE = 'how it stood before';
const AFTER = 'how it stands from now on';
const change = { before: BEFORE, after: AFTER };

export const apiEvents = defineEvents({
  'deployment.create': {
    summary: 'Somebody asked for a deployment of an agent.',
    attributes: { ...change, dryRun: 'true: nothing was to be changed' },
  },
  'deployment.cancel': { summary: 'Somebody cancelled a deployment.', attributes: change },
  'agent.scale': { summary: 'Somebody set how many replicas are wanted.', attributes: change },
  'agent.rollback': { summary: 'Somebody asked for an earlier revision.', attributes: change },
  'agent.restart': { summary: 'Somebody asked for new machines.', attributes: change },
  'agent.delete': { summary: 'Somebody deleted an agent.', attributes: change },
  'machine.kill': { summary: 'Somebody killed a machine’s process on the host.' },
  'exec.run': {
    summary: 'Somebody ran a command in a machine. The command is the request’s payload.',
    attributes: { program: 'the first word of the command', exitCode: 'how it ended' },
  },
  'upload.create': { summary: 'Somebody stored an archive as a source.', attributes: change },
  'token.create': { summary: 'Somebody made a token.', attributes: change },
  'token.delete': { summary: 'Somebody ended a token.', attributes: change },
  'sign_in_code.create': {
    summary: 'Somebody asked for a code to sign in to the dashboard with.',
    attributes: change,
  },
  'sign_in.refused': { summary: 'Somebody tried to sign in with a code that does not hold.' },
  'session.started': { summary: 'Somebody signed in to the dashboard.', attributes: change },
  'session.ended': { summary: 'Somebody ended a session of the dashboard.', attributes: change },
  'system.stop': { summary: 'Somebody asked swarmd to stop.', attributes: change },
  'event.read': { summary: 'Somebody read an event with its content.' },
  'event.ingest': {
    summary:
      'Events that a program sent were refused as a whole. Those that are taken say themselves who sent them.',
  },
  'audit.export': { summary: 'Somebody exported events.', attributes: { terms: 'which ones' } },
  'audit.prove': { summary: 'Somebody asked for the proof of an event.' },
  'audit.reindex': {
    summary: 'Somebody had the search index made again from the log.',
    attributes: change,
  },
  'audit.verify': {
    summary:
      'Somebody asked for a verification of the log and was refused. One that begins, or is joined, says itself who asked for it.',
  },
  'api.read_refused': {
    summary: 'Somebody asked to read what they may not: the token is missing, wrong or too narrow.',
  },
  'api.refusals_counted': {
    summary: 'More refused attempts from one place than are recorded one by one.',
    attributes: {
      count: 'how many are not recorded',
      from: 'an address, or the id of a principal; * for many',
    },
  },
});
