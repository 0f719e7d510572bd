import type { SecretRow } from '../store/store.ts';
import { secretErrors } from './errors.ts';
import type { HeldValues, HeldVersion } from './held-values.ts';
import { damaged } from './secret-faults.ts';
import type { SecretIndex, SecretUser } from './secret-index.ts';

/** What an agent gets for a name, with the value that is current. */
export interface Usable {
  readonly row: SecretRow;
  readonly current: HeldVersion;
}

interface Known {
  readonly index: SecretIndex;
  readonly held: HeldValues;
}

interface Wanted {
  readonly user: SecretUser;
  readonly name: string;
}

/** undefined: there is none, it is damaged, or no machine of the agent is known to use it. */
export function findUsable({ index, held }: Known, { user, name }: Wanted): Usable | undefined {
  const row = index.effective(user, name);
  const current = row && held.current(row);
  return row && current && { row, current };
}

/** @throws secret_not_found, secret_damaged */
export function mustBeUsable(known: Known, wanted: Wanted): Usable {
  const usable = findUsable(known, wanted);
  if (usable !== undefined) return usable;
  const { user, name } = wanted;
  const row = known.index.effective(user, name);
  if (row !== undefined) throw damaged(row);
  throw secretErrors.secret_not_found(
    `The agent ${user.agent} uses the secret ${name}, and there is none of that name.`,
    { remedy: `Run "swarm secrets set ${name}".`, details: { secret: name } },
  );
}
