import { defineErrors } from '../base/errors.ts';

/** What can go wrong on the user's side of the API. */
export const cliErrors = defineErrors({
  usage: { status: 400, remedy: 'Add --help to the command to see how it is used.' },
  manifest_not_found: {
    status: 400,
    remedy: 'Run "swarm init" to make one, or "swarm deploy FOLDER" to deploy a folder as it is.',
  },
  manifest_unreadable: {
    status: 400,
    remedy: 'agent.yaml is a text file in UTF-8 of at most 256 KiB.',
  },
  manifest_invalid: { status: 400, remedy: 'All keys are explained in docs/guides/agent-yaml.md.' },
  source_not_found: { status: 400, remedy: 'Paths in agent.yaml are relative to the file itself.' },
  folder_refused: { status: 400, remedy: 'Name what the image does not need in .dockerignore.' },
  file_unwritable: {
    status: 400,
    remedy: 'Check the folder, its permissions, and the room on the disk.',
  },
  file_missing: { status: 400, remedy: 'Check the path.' },
  file_exists: { status: 409, remedy: 'Add --force to replace it.' },
  swarmd_start_failed: {
    status: 500,
    remedy: 'Run "swarm doctor" to see which part does not work.',
  },
  swarmd_stop_failed: { status: 500, remedy: 'Stop it by hand: kill -9 PID.' },
  deploy_failed: { status: 500, remedy: 'The log above says why.' },
  call_failed: {
    status: 502,
    remedy: 'The agent itself answered so; see "swarm logs NAME --stdout".',
  },
  export_incomplete: {
    status: 502,
    remedy: 'Nothing was kept of it. Export again; swarmd’s log says what happened there.',
  },
  id_not_found: {
    status: 404,
    remedy: 'Give the whole id: the beginning of one is looked for among the newest events only.',
  },
  confirmation_needed: { status: 400, remedy: 'Add -y to do it without being asked.' },
});
