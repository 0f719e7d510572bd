import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { describeError } from '../base/errors.ts';
import { serviceActor } from '../contracts/actor.ts';
import type { Deployer } from '../deploy/deploy.ts';
import { createEgress } from '../egress/egress.ts';
import type { Gateway } from '../gateway/gateway.ts';
import { createAuthorityFiles } from './authority-files.ts';
import { mainErrors } from './errors.ts';
import type { Late } from './late.ts';
import { createOutlets } from './outlets.ts';
import type { WorkloadOptions } from './workload.ts';

/** The proxy, who calls through it, and what ends or renews what it has let out. */
export async function openWayOut(
  options: Pick<WorkloadOptions, 'configuration' | 'log' | 'clock' | 'audit'> &
    Pick<WorkloadOptions, 'secrets' | 'egressPolicies' | 'resolver' | 'cost' | 'scriptedModel'> & {
      readonly gateway: Gateway;
      readonly deployer: Late<Deployer>;
    },
) {
  const { configuration, log, clock, audit, secrets, egressPolicies, cost } = options;
  const outlets = createOutlets({
    ...{ secrets, policies: egressPolicies, running: options.gateway.running },
    onError: (error) =>
      log.warn({ error: describeError(error) }, 'live egress rules of a deleted agent stay'),
    async authority(workspaceId) {
      await egress.prepare(workspaceId);
      return egress.authority(workspaceId);
    },
  });
  const egress = createEgress({
    callers: outlets.callers,
    placeholders: secrets.placeholders,
    spending: cost.spending,
    trailOf: (workspaceId) => audit.trail(workspaceId),
    authorities: createAuthorityFiles({ home: configuration.home, contents: secrets.contents }),
    ...{ clock, log, resolver: options.resolver },
    connect: ({ host, address, port }) =>
      options.scriptedModel.addressOf(host) ?? { address, port },
    trusted: await readAuthorities(configuration.egress.caPath),
  });
  const unsubscribes = [
    egressPolicies.onChange((change) => {
      if (change.narrower) egress.cutOff(change);
    }),
    secrets.onRotated(({ name, injectedInto }) => {
      // Their processes hold the old value: only new ones get the new one.
      for (const agent of new Set(injectedInto.map((caller) => caller.agent)))
        options.deployer.valueIfSet
          ?.restart({ actor: serviceActor('secrets'), agent })
          .catch((error: unknown) =>
            log.warn({ agent, secret: name, error: describeError(error) }, 'no restart'),
          );
    }),
  ];
  return { egress, outlets, unsubscribe: () => unsubscribes.forEach((end) => void end()) };
}

async function readAuthorities(path: string | undefined): Promise<readonly string[]> {
  if (path === undefined) return [];
  try {
    const text = await readFile(path, 'utf8');
    createSecureContext({ ca: text });
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it has no certificate');
    return [text];
  } catch (cause) {
    throw mainErrors.configuration_invalid(
      `SWARM_EGRESS_CA_FILE: ${path} cannot be read as certificates in PEM: ${describeError(cause)}.`,
      { cause },
    );
  }
}
