import type { SwarmClient } from '../../contracts/client.ts';
import type { DeploymentPreview } from '../../contracts/resources.ts';
import type { Source } from '../../contracts/source.ts';
import type { DeployArguments } from '../commands/deploy.ts';
import { EXIT } from '../exit-code.ts';
import { createLiveLines } from '../output/live-lines.ts';
import { bytesText, durationText } from '../output/text.ts';
import type { Session } from '../session.ts';
import { type LocalSource, localSource } from '../source/local-source.ts';
import { sendSource } from '../source/send-source.ts';
import { barText, stepTitle } from './deployment-view.ts';
import { findManifest } from './find-manifest.ts';
import { readGitToken } from './git-token.ts';
import { showDeployment } from './show-deployment.ts';

/** `swarm deploy`: everything that can be wrong here is told before anything is sent. */
export async function runDeploy(
  session: Session,
  { folder, options }: { folder: string | undefined; options: DeployArguments },
): Promise<number> {
  const { cwd, env } = session.context;
  const found = await findManifest({ cwd, folder, agent: options.agent, name: options.name });
  const local = await localSource(found);
  const gitToken = await readGitToken({ file: options.gitTokenFile, env, cwd });
  const client = await session.client();
  const source = await sendShown(session, { client, local });
  const body = { manifest: found.manifest, source };
  const sent = { signal: session.signal, ...(gitToken !== undefined && { gitToken }) };
  if (options.dryRun === true) {
    showPreview(session, await client.previewDeployment(body, sent));
    return EXIT.ok;
  }
  const deployment = await client.deploy(body, sent);
  return showDeployment(session, { client, deployment, detach: options.detach === true });
}

async function sendShown(
  { output, signal }: Session,
  { client, local }: { client: SwarmClient; local: LocalSource },
): Promise<Source> {
  const live = output.live ? createLiveLines(output.stderr) : undefined;
  const startedMs = Date.now();
  let drawnMs = 0;
  let sent = 0;
  try {
    const source = await sendSource(local, {
      client,
      signal,
      onProgress: (sentBytes, totalBytes) => {
        sent = sentBytes;
        if (live === undefined || Date.now() - drawnMs < 100) return;
        drawnMs = Date.now();
        const fraction = totalBytes === 0 ? 1 : Math.min(1, sentBytes / totalBytes);
        live.draw([`  ${stepTitle('upload')}  ${barText(fraction)}  ${bytesText(sentBytes)}`]);
      },
      onWarning: (text) => output.note(`${output.errorColors.yellow('note:')} ${text}`),
    });
    live?.clear();
    if (local.type !== 'ready')
      output.note(
        `${output.errorColors.green('✓')} ${stepTitle('upload')}  ${output.errorColors.dim(`${bytesText(sent)}  ${durationText(Date.now() - startedMs)}`)}`,
      );
    return source;
  } finally {
    live?.clear();
  }
}

const EFFECTS = {
  live: 'at once',
  machines: 'new machines replace the old',
  build: 'a build first, then new machines',
} as const;

function showPreview({ output }: Session, preview: DeploymentPreview): void {
  if (output.format === 'json') {
    output.json(preview);
    return;
  }
  output.line(
    preview.exists
      ? `Agent ${preview.agent} would change:`
      : `Agent ${preview.agent} would be made:`,
  );
  if (preview.changes.length === 0) output.line('  nothing in agent.yaml');
  else
    output.table(
      ['  KEY', 'NOW', 'THEN', 'TAKES EFFECT'],
      preview.changes.map((change) => [
        `  ${change.path}`,
        valueText(change.before),
        valueText(change.after),
        EFFECTS[change.effect],
      ]),
    );
  output.line(`  image: ${preview.image}`);
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return '-';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
