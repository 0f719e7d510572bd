import { defineErrors } from '../base/errors.ts';

export const machineErrors = defineErrors({
  machine_not_found: { status: 404, remedy: 'It was removed, or never made on this host.' },
  machine_exists: { status: 409, remedy: 'Remove the machine first, or use another id.' },
  machine_spec_invalid: { status: 400, remedy: 'Correct the value that the message names.' },
  machine_create_failed: {
    status: 500,
    remedy: 'Nothing of the machine was left behind; "swarm doctor" checks what it needs.',
  },
  host_disk_full: { status: 507, remedy: 'Free space on the disk that holds the data folder.' },
  vmm_start_failed: {
    status: 500,
    remedy: 'The end of its output says why; "swarm doctor" checks the driver.',
  },
  vmm_unresponsive: { status: 500, remedy: 'Kill the machine; another one takes its place.' },
  machine_not_running: { status: 409, remedy: 'Start the machine first.' },
  machine_operation_unsupported: { status: 409, remedy: 'Use another driver or network.' },
  machine_boot_failed: {
    status: 500,
    remedy: 'The end of its console says why; a longer boot timeout helps an overloaded host.',
  },
  process_start_failed: {
    status: 422,
    remedy: 'Check the command, user and working directory of the image or of agent.yaml.',
  },
  guest_unreachable: { status: 503, remedy: 'Try again; if it stays so, restart the machine.' },
  guest_answer_invalid: { status: 502, remedy: 'The machine is not to be trusted: replace it.' },
  guest_refused: { status: 409, remedy: "The message is guestd's own." },
});
