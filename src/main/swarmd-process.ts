/** swarmd with the machines of this host. */
import { openMachines } from './open-machines.ts';
import { runSwarmd } from './run-swarmd.ts';

await runSwarmd({ openMachines });
