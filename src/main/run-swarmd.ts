/** The process of swarmd: configuration, signals, and nothing else. */
import { describeError, SwarmError } from '../base/errors.ts';
import { createLogger } from '../base/logger.ts';
import { readConfiguration, unknownVariables } from './configuration.ts';
import { startSwarmd } from './start-swarmd.ts';
import type { MachinesOpener } from './workload.ts';

/** Longer than every bound inside together; only a fault of ours gets here. */
const STOP_LIMIT_MS = 120_000;

/**
 * Runs until it is stopped, then ends the process: 0 after an orderly stop, 1 after a failure, which
 * is told on standard error.
 */
export async function runSwarmd(options: { openMachines: MachinesOpener }): Promise<never> {
  try {
    await untilStopped(options.openMachines);
  } catch (error) {
    tell(error);
    process.exit(1);
  }
  // Whatever still waits for something then waits for nothing that matters.
  process.exit(0);
}

async function untilStopped(openMachines: MachinesOpener): Promise<void> {
  const configuration = readConfiguration(process.argv.slice(2), process.env);
  const log = createLogger({ level: configuration.logLevel });
  for (const name of unknownVariables(process.env)) log.warn({ name }, 'unknown variable');
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error) => {
      log.fatal({ err: error }, `swarmd ends: ${event}`);
      process.exit(1);
    });

  const swarmd = await startSwarmd({ configuration, log, openMachines });
  let asked = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (asked) {
        log.warn('asked twice: swarmd ends at once');
        process.exit(1);
      }
      asked = true;
      setTimeout(() => {
        log.fatal('the stop took too long');
        process.exit(1);
      }, STOP_LIMIT_MS).unref();
      // What fails is told by `stopped`.
      swarmd.stop({ machines: false }).catch(() => undefined);
    });
  swarmd.ready.catch((error: unknown) => {
    if (!asked) log.error({ err: error }, 'swarmd did not get ready');
  });
  await swarmd.stopped;
}

/** An error that a user can meet is told in words; anything else with its stack. */
function tell(error: unknown): void {
  const text =
    error instanceof SwarmError
      ? `swarmd: ${describeError(error)}\n  ${error.remedy}\n`
      : `swarmd: unexpected error\n${error instanceof Error ? error.stack : String(error)}\n`;
  process.stderr.write(text);
}
