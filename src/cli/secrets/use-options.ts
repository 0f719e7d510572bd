import { type Command, Option } from 'commander';
import type { SecretUseBody } from '../../contracts/secret.ts';
import { collect } from '../options.ts';

export interface UseOptions {
  readonly agent?: string;
  readonly mode?: 'placeholder' | 'inject';
  readonly host?: readonly string[];
  readonly header?: readonly string[];
  readonly allowHttp?: boolean;
}

/** How a secret may be used, as `set` and `use` take it. */
export function withUseOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--mode <mode>',
        'placeholder: the machine never has the value; inject: its process does',
      ).choices(['placeholder', 'inject']),
    )
    .option('--host <host>', 'may be sent to this host, or *.example.com; repeatable', collect)
    .option(
      '--header <name>',
      'may be sent in this header; repeatable (default: authorization, x-api-key, api-key)',
      collect,
    );
}

/** Only what was said. */
export function useOf({ mode, host, header, allowHttp }: UseOptions): SecretUseBody {
  return {
    ...(mode !== undefined && { mode }),
    ...(host !== undefined && { hosts: [...host] }),
    ...(header !== undefined && { headers: [...header] }),
    ...(allowHttp !== undefined && { allowHttp }),
  };
}

export function ofAgent({ agent }: { readonly agent?: string }): { agent?: string } {
  return agent === undefined ? {} : { agent };
}
