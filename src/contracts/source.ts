/** Where an agent's image comes from, as the API takes it. */
import { z } from 'zod';

const uploadId = z
  .string()
  .regex(/^upl_[0-9a-z]{20}$/)
  .describe('An upload made with POST /v1/uploads.');

const relativePath = z
  .string()
  .min(1)
  .max(1024)
  .refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), {
    message: 'must lie inside the folder: no leading "/" and no ".."',
  });

/** How a folder or repository becomes an image. */
export const buildOptions = z.strictObject({
  /** Path of the Dockerfile inside the folder; absent: `Dockerfile` if there is one, else a runtime. */
  dockerfile: relativePath.optional(),
  /** Stage of the Dockerfile to stop at. */
  target: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]{0,127}$/, 'is not the name of a stage')
    .optional(),
  args: z
    .record(
      z.string().regex(/^[A-Za-z_]\w{0,127}$/, 'is not the name of a variable'),
      z.string().max(4096),
    )
    .optional(),
  /** Forces a runtime although there is a Dockerfile, or where none is detected. */
  runtime: z.enum(['python', 'node']).optional(),
  /** Command line for the runtime, where none is detected. */
  start: z.array(z.string().max(4096)).min(1).max(64).optional(),
});
export type BuildOptions = z.infer<typeof buildOptions>;

export const source = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('image'),
    /** `registry/name:tag`, `name@sha256:…`, or `docker-daemon:name:tag`. */
    reference: z.string().min(1).max(1024),
  }),
  z.strictObject({ type: z.literal('archive'), uploadId, name: z.string().max(255).optional() }),
  z.strictObject({ type: z.literal('oci-layout'), uploadId, name: z.string().max(255).optional() }),
  z.strictObject({
    type: z.literal('git'),
    url: z.string().min(1).max(2048),
    /** Branch, tag or commit; absent: the repository's default branch. */
    ref: z.string().min(1).max(255).optional(),
    path: relativePath.optional(),
    build: buildOptions.optional(),
  }),
  z.strictObject({
    type: z.literal('folder'),
    uploadId,
    /** What to call it in messages: the folder's path on the client. */
    name: z.string().max(1024).optional(),
    build: buildOptions.optional(),
  }),
]);
export type Source = z.infer<typeof source>;
