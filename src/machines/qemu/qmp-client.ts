/**
 * A small client of QEMU's machine protocol (QMP): greeting, capabilities, one command at a time.
 * QEMU serves one client at a time, so connections are short.
 */
import type { Socket } from 'node:net';
import { machineErrors } from '../errors.ts';
import { connectInFolder } from '../machine-folder.ts';

export interface QmpClient {
  /** @throws vmm_unresponsive when no answer comes in time or QEMU answers with an error */
  execute(
    command: string,
    args?: Readonly<Record<string, unknown>>,
    options?: { readonly timeoutMs: number },
  ): Promise<unknown>;
  close(): void;
}

interface QmpMessage {
  readonly QMP?: unknown;
  readonly return?: unknown;
  readonly error?: { readonly desc?: string };
  readonly event?: string;
}

const COMMAND_TIMEOUT_MS = 5_000;
/** `info usernet` has a line for each of the guest's connections. */
const MESSAGE_BYTES = 4 * 1024 * 1024;

/** Connects and negotiates. @throws what connect(2) says, vmm_unresponsive */
export async function connectQmp(folderPath: string, socketName: string): Promise<QmpClient> {
  const socket = await connectInFolder(folderPath, socketName);
  const messages = readMessages(socket);
  const next = async (what: string, timeoutMs = COMMAND_TIMEOUT_MS): Promise<QmpMessage> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(machineErrors.vmm_unresponsive(`QEMU did not answer "${what}" in time.`)),
        timeoutMs,
      );
    });
    try {
      const { value, done } = await Promise.race([messages.next(), late]);
      if (done === true)
        throw machineErrors.vmm_unresponsive(`QEMU closed the connection during "${what}".`);
      return value;
    } finally {
      clearTimeout(timer);
    }
  };
  const execute: QmpClient['execute'] = async (command, args, options) => {
    socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    for (;;) {
      const message = await next(command, options?.timeoutMs);
      if (message.error !== undefined)
        throw machineErrors.vmm_unresponsive(`QEMU refused "${command}": ${message.error.desc}`);
      if ('return' in message) return message.return;
    }
  };
  try {
    await next('greeting');
    await execute('qmp_capabilities');
    return { execute, close: () => socket.destroy() };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function* readMessages(socket: Socket): AsyncGenerator<QmpMessage, void> {
  socket.setEncoding('utf8');
  let partial = '';
  try {
    for await (const chunk of socket as AsyncIterable<string>) {
      const lines = (partial + chunk).split('\n');
      partial = lines.pop() ?? '';
      if (partial.length > MESSAGE_BYTES) return;
      for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as QmpMessage;
    }
  } catch {
    // Reset: QEMU is gone, which the caller sees as the end.
  }
}
