/** An authority that no machine knows, and a certificate by it for a server beyond the way out. */
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from '../../src/egress/proxy/certificate.ts';

/** Name of the server of models. */
export const MODEL_HOST = 'models.swarm.test';

export async function makeOutside(
  folder: string,
): Promise<{ caPath: string; tls: { key: string; cert: string } }> {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [ca, server] = [pair(), pair()];
  const notBeforeMs = Date.now() - 3_600_000;
  const validity = { notBeforeMs, notAfterMs: notBeforeMs + 86_400_000, issuer: 'Outside' };
  const caPem = makeCertificate(
    { ...validity, subject: 'Outside', publicKey: createPublicKey(ca.privateKey) },
    ca.privateKey,
  );
  const cert = makeCertificate(
    {
      ...validity,
      subject: MODEL_HOST,
      host: MODEL_HOST,
      publicKey: createPublicKey(server.privateKey),
    },
    ca.privateKey,
  );
  const caPath = join(folder, 'outside.pem');
  await writeFile(caPath, caPem);
  const key = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { caPath, tls: { key, cert } };
}
