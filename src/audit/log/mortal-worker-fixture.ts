/** For tests: the writer's thread, but it ends at once when an event is named `die`. */
import { parentPort } from 'node:worker_threads';
import type { ToWriter } from './writer-messages.ts';

parentPort?.on('message', (message: ToWriter) => {
  if (message.type === 'append' && message.requests.includes('"die"')) process.exit(7);
});
await import('./writer-worker.ts');
