/** `swarm doctor`: every part, one after the other. What each check does is in doctor/. */

import { describeError, SwarmError } from '../base/errors.ts';
import type { DoctorCheck, DoctorOptions } from '../cli/cli.ts';
import { readConfiguration } from './configuration.ts';
import { buildChecks } from './doctor/build-checks.ts';
import type { Check, CheckContext, Finding } from './doctor/check.ts';
import { hostChecks } from './doctor/host-checks.ts';
import { machineChecks } from './doctor/machine-checks.ts';

export async function* checkParts(
  options: DoctorOptions & { readonly root: string },
): AsyncGenerator<DoctorCheck> {
  const configuration = readConfiguration([], { ...options.env, SWARM_HOME: options.home });
  const context: CheckContext = { ...options, configuration, found: new Map() };
  for (const check of [...hostChecks, ...machineChecks, ...buildChecks]) {
    options.signal.throwIfAborted();
    options.onProgress(`checking ${check.name}`);
    const finding = await look(check, context);
    context.found.set(check.name, finding);
    yield {
      name: check.name,
      needed: check.needed,
      state: finding.state,
      version: finding.version ?? null,
      detail: finding.detail,
      remedy: finding.remedy ?? null,
    };
  }
}

/** What a check throws is what it found: a part that does not work. */
async function look(check: Check, context: CheckContext): Promise<Finding> {
  try {
    return await check.look(context);
  } catch (error) {
    context.signal.throwIfAborted();
    const detail = (describeError(error).split('\n')[0] ?? '').slice(0, 300);
    const remedy = error instanceof SwarmError ? error.remedy : undefined;
    return { state: 'broken', detail, ...(remedy !== undefined && { remedy }) };
  }
}
