import type { MakeCommand } from '../commands.ts';
import type { DoctorCheck } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { createLiveLines } from '../output/live-lines.ts';
import { stateText } from '../output/resource-text.ts';

export const doctor: MakeCommand = (build) =>
  build
    .command('doctor', 'Check every part that Swarm needs, and say how to mend what does not work')
    .option('--fix', 'make what can be made: kernel, initramfs, guestd, Firecracker')
    .action(
      build.act(async ({ output, context, signal }, { fix }: { fix?: boolean }) => {
        const live = output.live ? createLiveLines(output.stderr) : undefined;
        const checks: DoctorCheck[] = [];
        const { home, env, wiring } = context;
        const onProgress = (text: string) => live?.draw([`  ${text} …`]);
        try {
          for await (const check of wiring.doctor({
            home,
            env,
            signal,
            fix: fix === true,
            onProgress,
          }))
            checks.push(check);
        } finally {
          live?.clear();
        }
        const broken = checks.filter((check) => check.needed && check.state !== 'ok');
        if (output.format === 'json') output.json({ ok: broken.length === 0, checks });
        else {
          output.table(
            ['PART', 'WORKS', 'VERSION', 'FOUND'],
            checks.map((check) => [
              check.name,
              check.state === 'ok'
                ? output.colors.green('yes')
                : stateText(check.state, output.colors),
              check.version ?? '-',
              check.detail,
            ]),
          );
          for (const { name, state, remedy } of checks)
            if (state !== 'ok' && remedy !== null)
              output.line(`${output.colors.cyan('→')} ${name}: ${remedy}`);
        }
        return broken.length === 0 ? EXIT.ok : EXIT.failure;
      }),
    );
