/** Verifies segments on a thread of its own, one after the other. */
import { parentPort } from 'node:worker_threads';
import type { SegmentJob } from './segment-job.ts';
import { verifySegment } from './verify-segment.ts';

parentPort?.on('message', (job: SegmentJob) => {
  parentPort?.postMessage(verifySegment(job));
});
