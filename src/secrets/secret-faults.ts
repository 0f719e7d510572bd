import type { SecretKey, SecretRow } from '../store/store.ts';
import { secretErrors } from './errors.ts';
import { calledName } from './secret-index.ts';

export function notFound(key: SecretKey): Error {
  return secretErrors.secret_not_found(`There is no secret ${calledName(key)}.`, {
    details: { secret: key.name, agent: key.agent },
  });
}

export function damaged(row: SecretRow): Error {
  return secretErrors.secret_damaged(
    `The secret ${calledName(row)} (version ${row.version}) is damaged in the database and cannot be read.`,
    { details: { secret: row.name, agent: row.agent, version: row.version } },
  );
}
