/** Spreads segments over threads; results come in the order of the log, whichever is done first. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { SegmentJob, SegmentResult } from './segment-job.ts';
import { verifySegment } from './verify-segment.ts';

/** Below this a thread costs more than it gains. */
const INLINE_BYTES = 16 * 1024 * 1024;
const MAX_THREADS = 8;

export async function verifySegments(
  jobs: readonly SegmentJob[],
  options: {
    readonly totalBytes: number;
    readonly threads?: number;
    /** In the order of the jobs. */
    readonly onResult: (result: SegmentResult) => void;
  },
): Promise<void> {
  if (options.totalBytes < INLINE_BYTES || jobs.length < 2) {
    for (const job of jobs) options.onResult(verifySegment(job));
    return;
  }
  const ready = new Map<number, SegmentResult>();
  let next = 0;
  let delivered = 0;
  const deliver = (index: number, result: SegmentResult) => {
    ready.set(index, result);
    for (;;) {
      const first = ready.get(delivered);
      if (first === undefined) return;
      ready.delete(delivered);
      delivered += 1;
      options.onResult(first);
    }
  };
  const work = async () => {
    const worker = new Worker(new URL('./segment-worker.ts', import.meta.url));
    try {
      for (;;) {
        const index = next;
        const job = jobs[index];
        if (job === undefined) return;
        next += 1;
        deliver(index, await ask(worker, job));
      }
    } finally {
      await worker.terminate();
    }
  };
  const most = options.threads ?? Math.min(availableParallelism(), MAX_THREADS);
  const threads = Math.min(most, jobs.length);
  await Promise.all(Array.from({ length: threads }, work));
}

function ask(worker: Worker, job: SegmentJob): Promise<SegmentResult> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
    };
    const onMessage = (result: SegmentResult) => {
      settle();
      resolve(withBuffers(result));
    };
    const onError = (error: unknown) => {
      settle();
      reject(error);
    };
    const onExit = () => onError(new Error('a thread ended before its work was done'));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(job);
  });
}

/** Buffers arrive as plain byte arrays. */
function withBuffers(result: SegmentResult): SegmentResult {
  const buffer = (bytes: Uint8Array) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    ...result,
    headLeaves: buffer(result.headLeaves),
    tailLeaves: buffer(result.tailLeaves),
  };
}
