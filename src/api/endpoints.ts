import { agentEndpoints } from './agent-endpoints.ts';
import { deploymentEndpoints } from './deployment-endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { execEndpoints } from './exec-endpoint.ts';
import { healthEndpoints } from './health-endpoints.ts';
import { machineEndpoints } from './machine-endpoints.ts';
import { systemEndpoints } from './system-endpoints.ts';
import { tokenEndpoints } from './token-endpoints.ts';
import { uploadEndpoints } from './upload-endpoints.ts';
import { watchEndpoints } from './watch-endpoints.ts';

/** All there are. */
export const endpoints: readonly Endpoint[] = [
  ...healthEndpoints,
  ...systemEndpoints,
  ...uploadEndpoints,
  ...deploymentEndpoints,
  ...agentEndpoints,
  ...machineEndpoints,
  ...execEndpoints,
  ...watchEndpoints,
  ...tokenEndpoints,
];
