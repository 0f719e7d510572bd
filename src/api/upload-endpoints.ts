import { uploadResource } from '../contracts/resources.ts';
import { endpoint } from './endpoint.ts';
import { apiErrors } from './errors.ts';
import { apiEvents } from './events.ts';

const create = endpoint({
  method: 'POST',
  path: '/v1/uploads',
  permission: 'deploy',
  audit: { kind: apiEvents['upload.create'], record: 'action' },
  summary:
    'Stores an archive that a deployment then names as its source. One that no deployment uses is removed after a while.',
  body: 'stream',
  responses: { 201: { description: 'Stored whole.', schema: uploadResource } },
  errors: ['body_too_large', 'upload_too_large', 'upload_cut_short'],
  handle: async ({ request, audit }, { images, limits }) => {
    const maxBytes = limits.maxUploadBytes;
    if (Number(request.headers['content-length'] ?? 0) > maxBytes)
      throw apiErrors.body_too_large(
        `The upload is larger than ${maxBytes} bytes, the most swarmd takes.`,
        { remedy: 'Leave files out by a .dockerignore, or raise SWARM_MAX_UPLOAD_MIB.' },
      );
    // Left early, the request must live on: its sender has to read the refusal.
    const body = request.iterator({ destroyOnReturn: false });
    const { uploadId, sha256, bytes } = await images.receiveUpload(body, { maxBytes });
    audit({ bytes: { in: bytes }, after: { id: uploadId, sha256, bytes } });
    return { status: 201, body: { id: uploadId, sha256, bytes } };
  },
});

export const uploadEndpoints = [create];
