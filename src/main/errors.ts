import { defineErrors } from '../base/errors.ts';

export const mainErrors = defineErrors({
  configuration_invalid: { status: 500, remedy: 'Change the variable or option that it names.' },
  home_not_writable: {
    status: 500,
    remedy: 'Make it writable for this user, or set SWARM_HOME to a folder of your own.',
  },
  authority_damaged: {
    status: 500,
    remedy:
      'Put the file back from a backup; or remove it and restart the agents: their machines then trust a new one.',
  },
  already_running: {
    status: 409,
    remedy: 'Use the one that runs, stop it with "swarm down", or set another SWARM_HOME.',
  },
  listen_address_taken: {
    status: 500,
    remedy: 'Give another one with --listen HOST:PORT; port 0 takes any free port.',
  },
  listen_address_invalid: {
    status: 500,
    remedy: 'Give an address of this host with --listen HOST:PORT, such as 127.0.0.1:7700.',
  },
  driver_unavailable: {
    status: 500,
    remedy: 'See "swarm doctor"; without SWARM_DRIVER and SWARM_NETWORK Swarm takes what is there.',
  },
  driver_changed: {
    status: 500,
    remedy:
      'Set SWARM_DRIVER and SWARM_NETWORK as they were, or run "swarm down --machines" first.',
  },
  listen_not_loopback: {
    status: 500,
    remedy:
      'Put a proxy with TLS before swarmd, or set SWARM_ALLOW_REMOTE=1 when the network is trusted.',
  },
});
