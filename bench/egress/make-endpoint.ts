import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { makeCertificate } from '../../src/egress/proxy/certificate.ts';
import { BENCH_HOST } from './bench-target.ts';

const DAY_MS = 86_400_000;

/** A key and a certificate for the benchmark's host, with the authority that signed it. All PEM. */
export function makeEndpoint(): {
  readonly authority: string;
  readonly cert: string;
  readonly key: string;
} {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const validity = { notBeforeMs: Date.now() - DAY_MS, notAfterMs: Date.now() + DAY_MS };
  const publicKey = createPublicKey(keys.privateKey);
  const names = { subject: 'bench authority', issuer: 'bench authority' };
  const authority = makeCertificate({ ...names, publicKey, ...validity }, keys.privateKey);
  const cert = makeCertificate(
    { ...names, subject: BENCH_HOST, host: BENCH_HOST, publicKey, ...validity },
    createPrivateKey(key),
  );
  return { authority, cert, key };
}
