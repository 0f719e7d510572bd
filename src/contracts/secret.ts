/** Secrets: what crosses the wire. A value goes in, and never comes out. */
import { z } from 'zod';
import { secretHost } from './egress-policy.ts';
import { HOP_BY_HOP } from './hop-by-hop.ts';
import { agentName } from './manifest.ts';

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

/** A value in one of these would lead a call elsewhere, cut it in two, or end at the proxy. */
const FRAMING_HEADERS: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  ...['host', 'content-length', 'trailer', 'expect'],
]);

const headerName = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be the name of a header')
  .refine((name) => !FRAMING_HEADERS.has(name), 'says how a message is sent, not who sends it');

const hosts = z.array(secretHost).max(50);
const headers = z.array(headerName).min(1).max(20);

/** How a secret may be used; stands for all its versions. */
export const secretUse = z.strictObject({
  mode: secretMode.default('placeholder'),
  /** Empty: wherever the egress policy lets a call go that carries it. */
  hosts: hosts.default([]),
  headers: headers.default([...DEFAULT_SECRET_HEADERS]),
  allowHttp: z.boolean().default(false),
});
export type SecretUse = z.infer<typeof secretUse>;

/** POST /v1/secrets/{name}/use. What is absent stays as it is. */
export const secretUseBody = z.strictObject({
  mode: secretMode.optional(),
  hosts: hosts.optional(),
  headers: headers.optional(),
  allowHttp: z.boolean().optional(),
});
export type SecretUseBody = z.input<typeof secretUseBody>;

/** Text; how long and of what characters is for src/secrets/check-value.ts. */
const secretValue = z.string();

/** POST /v1/secrets. */
export const newSecretBody = secretUse.extend({ name: secretName, value: secretValue });
export type NewSecretBody = z.input<typeof newSecretBody>;

/** POST /v1/secrets/{name}/rotate. */
export const rotateSecretBody = z.strictObject({ value: secretValue });

/** Absent: the workspace's. */
export const secretQuery = z.strictObject({ agent: agentName.optional() });
export const secretDeleteQuery = secretQuery.extend({
  /** Although an active revision names it. */
  force: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
});

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
export const secretList = z.object({ items: z.array(secretResource) });

/** GET /v1/secrets/{name}/versions: newest first. */
export const secretVersionResource = z.object({
  version: z.number().int().min(1),
  /** current: in use; ended: still taken out of answers; erased: its value is nowhere any more. */
  state: z.enum(['current', 'ended', 'erased']),
  createdAt: z.string(),
  createdBy: z.string(),
  /** When a newer one took its place, or the secret was deleted. */
  endedAt: z.string().nullable(),
  lastUsedAt: z.string().nullable(),
});
export type SecretVersionResource = z.infer<typeof secretVersionResource>;
export const secretVersionList = z.object({ items: z.array(secretVersionResource) });

/** POST /v1/secrets/rekey. */
export const rekeyReport = z.object({
  /** Ids of root keys. */
  before: z.string(),
  after: z.string(),
});
export type RekeyReport = z.infer<typeof rekeyReport>;
