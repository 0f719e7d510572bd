import type { SecretMode, SecretResource } from '../../../contracts/secret.ts';

/** As src/contracts/secret.ts has them, which brings zod along. */
const DEFAULT_HEADERS = 'authorization, x-api-key, api-key';
const NAME = /^[A-Z][A-Z0-9_]{0,63}$/;

/** How a secret may be used, as the fields of a form have it. */
export interface UseForm {
  readonly mode: SecretMode;
  /** Separated by spaces, commas or lines. */
  readonly hosts: string;
  readonly headers: string;
  readonly allowHttp: boolean;
}

export const NEW_USE: UseForm = {
  ...{ mode: 'placeholder', hosts: '', allowHttp: false },
  headers: DEFAULT_HEADERS,
};

export function formOf({ mode, hosts, headers, allowHttp }: SecretResource): UseForm {
  return { mode, hosts: hosts.join(', '), headers: headers.join(', '), allowHttp };
}

/** As the API takes it. Hosts and headers mean nothing to a value that a process has. */
export function bodyOf({ mode, hosts, headers, allowHttp }: UseForm) {
  if (mode === 'inject') return { mode };
  return { mode, hosts: words(hosts), headers: words(headers), allowHttp };
}

export function words(text: string): string[] {
  return [
    ...new Set(
      text
        .toLowerCase()
        .split(/[\s,]+/)
        .filter((word) => word !== ''),
    ),
  ];
}

/** @returns what is wrong with it and what to write; undefined: nothing */
export function nameFault(name: string): string | undefined {
  if (name === '') return undefined;
  if (name.startsWith('SECRET_'))
    return `“SECRET_” stands before the name already: \${SECRET_${name.slice(7)}}.`;
  return NAME.test(name)
    ? undefined
    : 'Capital letters, digits and “_”, beginning with a letter; at most 64.';
}

/** The address has both, because an agent’s secret may be called as the workspace’s. */
export function isSecret(
  secret: Pick<SecretResource, 'name' | 'agent'>,
  asked: { readonly name: string | undefined; readonly agent: string | undefined },
): boolean {
  return secret.name === asked.name && (secret.agent ?? '') === (asked.agent ?? '');
}
