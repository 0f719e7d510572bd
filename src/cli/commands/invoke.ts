import type { MakeCommand } from '../commands.ts';
import { collect } from '../options.ts';

export interface InvokeArguments {
  readonly json?: string;
  readonly data?: string;
  readonly request?: string;
  readonly header?: readonly string[];
  readonly stream?: boolean;
  readonly include?: boolean;
}

export const invoke: MakeCommand = (build) =>
  build
    .command('invoke', 'Call an agent through the gateway, and print its answer')
    .argument('<name>', 'the agent')
    .argument('[path]', 'path and query at the agent', '/')
    .option('--json <text>', 'body, as JSON; makes it a POST')
    .option('-d, --data <text>', 'body as it is; @FILE reads a file, @- the standard input')
    .option('-X, --request <method>', 'method; else POST with a body, and GET without')
    .option('-H, --header <line>', 'a header, "Name: value"; may be given often', collect)
    .option('--stream', 'ask for server-sent events, and print the data of each as it comes')
    .option('-i, --include', 'print status and headers too, to the error output')
    .action(
      build.act(async (session, name: string, path: string, options: InvokeArguments) => {
        const { runInvoke } = await import('../invoke/run-invoke.ts');
        return runInvoke(session, { name, path, options });
      }),
    );
