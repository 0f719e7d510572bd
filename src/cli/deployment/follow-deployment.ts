import { SwarmError } from '../../base/errors.ts';
import type { SwarmClient } from '../../contracts/client.ts';
import type { DeploymentEvent, DeploymentResource } from '../../contracts/resources.ts';
import { cliErrors } from '../errors.ts';
import { EXIT } from '../exit-code.ts';
import { createLiveLines } from '../output/live-lines.ts';
import { printable } from '../output/text.ts';
import type { Session } from '../session.ts';
import { afterEvent, EMPTY_VIEW, lastingLine, liveLines, plainLine } from './deployment-view.ts';

const REDRAW_MS = 120;

/**
 * Shows a deployment until it has finished. Ctrl-C lets go of it: it goes on in swarmd, and the user
 * is told how to look again or to cancel it.
 * @throws deploy_failed, with the reason and remedy of swarmd
 */
export async function followDeployment(
  session: Session,
  followed: { client: SwarmClient; deployment: DeploymentResource },
): Promise<number> {
  const { client, deployment } = followed;
  const letGo = new AbortController();
  session.onInterrupt(() => {
    session.onInterrupt(undefined); // A second Ctrl-C ends at once.
    letGo.abort();
  });
  const show = createShow(session);
  try {
    const events = client.deploymentEvents(deployment.id, { signal: letGo.signal });
    for await (const event of events) {
      show.event(event);
      if (event.type !== 'finished') continue;
      show.close();
      return finish(session, { deployment: event.deployment, log: show.log() });
    }
  } finally {
    show.close();
    session.onInterrupt(undefined);
  }
  session.output.note(
    `\nThe deployment goes on without you.\n  → see it: swarm deployments follow ${deployment.id}\n  → end it: swarm deployments cancel ${deployment.id}`,
  );
  return EXIT.interrupted;
}

interface Show {
  event(event: DeploymentEvent): void;
  /** The last lines of the build's or the agent's log. */
  log(): readonly string[];
  close(): void;
}

function createShow({ output }: Session): Show {
  let view = EMPTY_VIEW;
  if (!output.live) {
    return {
      event: (event) => {
        view = afterEvent(view, event, Date.now());
        if (output.format === 'json') return output.jsonLine(event);
        const line = plainLine(event);
        if (line !== undefined) output.note(line);
      },
      log: () => [], // Every line has been printed.
      close: () => undefined,
    };
  }
  const live = createLiveLines(output.stderr);
  const colors = output.errorColors;
  const draw = () => live.draw(liveLines(view, { nowMs: Date.now(), colors }));
  const timer = setInterval(draw, REDRAW_MS);
  return {
    event(event) {
      view = afterEvent(view, event, Date.now());
      const line = lastingLine(event, colors);
      if (line !== undefined) live.print(`${line}\n`);
      draw();
    },
    log: () => view.log,
    close() {
      clearInterval(timer);
      live.clear();
    },
  };
}

function finish(
  { output }: Session,
  { deployment, log }: { deployment: DeploymentResource; log: readonly string[] },
): number {
  if (deployment.state === 'succeeded') return EXIT.ok;
  for (const line of log) output.note(`  │ ${line}`);
  const { error } = deployment;
  if (deployment.state === 'cancelled')
    throw cliErrors.deploy_failed(`the deployment of ${deployment.agent} was cancelled`, {
      remedy: 'What ran before it runs on.',
    });
  if (error === null) throw cliErrors.deploy_failed(`the deployment of ${deployment.agent} failed`);
  throw new SwarmError(
    error.code,
    { status: 500, remedy: error.remedy },
    printableLines(error.detail),
    {
      details: { ...error.details, deployment: deployment.id },
    },
  );
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
