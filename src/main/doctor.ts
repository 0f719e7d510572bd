import type { DoctorCheck, DoctorOptions } from '../cli/cli.ts';

export async function* checkParts(
  options: DoctorOptions & { readonly root: string },
): AsyncGenerator<DoctorCheck> {
  options.onProgress('node');
  yield {
    name: 'node',
    state: 'ok',
    version: process.versions.node,
    detail: process.execPath,
    remedy: null,
    needed: true,
  };
}
