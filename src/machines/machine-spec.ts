import type { DriverCapabilities, MachineSpec } from './driver.ts';
import { machineErrors } from './errors.ts';

/** @throws machine_spec_invalid, naming the value; machine_operation_unsupported */
export function checkSpec(spec: MachineSpec, capabilities: DriverCapabilities): void {
  const wrong = (what: string) =>
    machineErrors.machine_spec_invalid(`Machine ${spec.machineId}: ${what}.`);
  if (!(spec.cpus >= 0.05 && spec.cpus <= 64)) throw wrong(`cpus is ${spec.cpus}, not 0.05 to 64`);
  if (!(Number.isInteger(spec.memoryMib) && spec.memoryMib >= 64))
    throw wrong(`memoryMib is ${spec.memoryMib}, not a whole number of at least 64`);
  if (!(Number.isInteger(spec.diskMib) && spec.diskMib >= 16))
    throw wrong(`diskMib is ${spec.diskMib}, not a whole number of at least 16`);
  for (const port of spec.ports)
    if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) throw wrong(`port ${port}`);
  if (!capabilities.networks.includes(spec.network))
    throw machineErrors.machine_operation_unsupported(
      `The network "${spec.network}" is not there; this driver has ${capabilities.networks.join(', ')}.`,
    );
}
