import { Argument } from 'commander';
import type { MakeCommand } from '../commands.ts';
import { completionScript } from '../completion/completion-script.ts';

export const completion: MakeCommand = (build) =>
  build
    .command('completion', 'Print what makes a shell complete commands, options and agents')
    .addArgument(
      new Argument('<shell>', 'for which shell').choices(['bash', 'zsh', 'fish', 'words']),
    )
    .argument('[words...]', 'for "words": the words so far, the last one unfinished')
    .addHelpText(
      'after',
      '\n  bash: source <(swarm completion bash)\n  zsh:  source <(swarm completion zsh)\n  fish: swarm completion fish | source',
    )
    .action(
      build.act(
        async (session, shell: 'bash' | 'zsh' | 'fish' | 'words', words: readonly string[]) => {
          if (shell !== 'words') session.output.stdout.write(completionScript(shell));
          else {
            const { candidates } = await import('../completion/candidates.ts');
            for (const word of await candidates(session, { words, build }))
              session.output.line(word);
          }
          return 0;
        },
      ),
    );
