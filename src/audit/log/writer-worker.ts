/** Main file of the writer's thread. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { LogWriterThread } from './log-writer-thread.ts';
import type { FromWriter, ToWriter, WriterThreadData } from './writer-messages.ts';

const data = workerData as WriterThreadData;
const port = parentPort;
if (port === null) throw new Error('this file is not a program but a thread');

const thread = new LogWriterThread(data, (message: FromWriter) => {
  port.postMessage(message);
  if (message.type === 'closed') port.close();
});
port.on('message', (message: ToWriter) => thread.take(message));
await thread.open(
  readdirSync(data.dir).filter((name) => existsSync(join(data.dir, name, 'segments'))),
);
