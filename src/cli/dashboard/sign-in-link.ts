import type { SwarmClient } from '../../contracts/client.ts';

export interface SignInLink {
  /** With a code in it: good once, for a minute. */
  readonly url: string;
  readonly expiresAt: string;
}

export async function signInLink(client: SwarmClient): Promise<SignInLink> {
  const { path, expiresAt } = await client.createSignInCode();
  return { url: client.connection.url + path, expiresAt };
}

/** For commands whose purpose is another: undefined when the token may not have one. */
export function signInLinkIfAny(client: SwarmClient): Promise<SignInLink | undefined> {
  return signInLink(client).catch(() => undefined);
}
