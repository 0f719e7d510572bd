/** Secrets: what crosses the wire. A value goes in, and never comes out. */
import { z } from 'zod';
import { egressHost } from './egress-policy.ts';

export const MAX_SECRET_BYTES = 65_536;

/** As it stands in agent.yaml after `SECRET_`: `${SECRET_API_KEY}` is API_KEY. */
export const secretName = z
  .string()
  .regex(
    /^[A-Z][A-Z0-9_]{0,63}$/,
    'must be 1 to 64 capital letters, digits and "_", beginning with a letter',
  );

/**
 * placeholder: the machine gets a random text that the egress proxy swaps for the value.
 * inject: the value enters the process's environment.
 */
export const secretMode = z.enum(['placeholder', 'inject']);
export type SecretMode = z.infer<typeof secretMode>;

export const DEFAULT_SECRET_HEADERS = ['authorization', 'x-api-key', 'api-key'] as const;

const headerName = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be the name of a header');

/** How a secret may be used; stands for all its versions. */
export const secretUse = z.strictObject({
  mode: secretMode.default('placeholder'),
  /** Empty: wherever the egress policy lets a call go that carries it. */
  hosts: z.array(egressHost).max(50).default([]),
  headers: z
    .array(headerName)
    .min(1)
    .max(20)
    .default([...DEFAULT_SECRET_HEADERS]),
  allowHttp: z.boolean().default(false),
});
export type SecretUse = z.infer<typeof secretUse>;

/** Of the workspace, or (with `agent`) for one agent, where it wins over the workspace's. */
export const secretResource = secretUse.extend({
  name: secretName,
  agent: z.string().nullable(),
  version: z.number().int().min(1),
  createdAt: z.string(),
  updatedAt: z.string(),
  updatedBy: z.string(),
  lastUsedAt: z.string().nullable(),
  /** Agents whose active revision names it. */
  usedBy: z.array(z.string()),
});
export type SecretResource = z.infer<typeof secretResource>;
