import { agentEndpoints } from './agent-endpoints.ts';
import { auditEndpoints } from './audit-endpoints.ts';
import { costEndpoints } from './cost-endpoints.ts';
import { deploymentEndpoints } from './deployment-endpoints.ts';
import { egressEndpoints } from './egress-endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { eventEndpoints } from './event-endpoints.ts';
import { execEndpoints } from './exec-endpoint.ts';
import { healthEndpoints } from './health-endpoints.ts';
import { ingestEndpoints } from './ingest-endpoints.ts';
import { machineEndpoints } from './machine-endpoints.ts';
import { overviewEndpoints } from './overview-endpoints.ts';
import { retentionEndpoints } from './retention-endpoints.ts';
import { secretEndpoints } from './secret-endpoints.ts';
import { sessionEndpoints } from './session-endpoints.ts';
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
  ...egressEndpoints,
  ...costEndpoints,
  ...machineEndpoints,
  ...execEndpoints,
  ...watchEndpoints,
  ...overviewEndpoints,
  ...tokenEndpoints,
  ...sessionEndpoints,
  ...eventEndpoints,
  ...ingestEndpoints,
  ...auditEndpoints,
  ...retentionEndpoints,
  ...secretEndpoints,
];
