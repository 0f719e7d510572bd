import type { ExecStart } from '../../../../contracts/requests.ts';
import { EXEC_SUBPROTOCOL, SESSION_SUBPROTOCOL } from '../../../../contracts/session-names.ts';
import { agentPath } from '../../../api/agents.ts';
import { headerToken } from '../../../session/session.ts';
import { type ExecMessage, inputFrames, readFrame, resizeFrame } from './exec-frames.ts';

export interface ExecSession {
  readonly type: (text: string) => void;
  readonly resize: (size: { readonly columns: number; readonly rows: number }) => void;
  readonly close: () => void;
}

interface ExecOptions {
  readonly agent: string;
  readonly start: ExecStart;
  readonly onOpen: () => void;
  readonly onMessage: (message: ExecMessage) => void;
  /** Also without an exit code before. */
  readonly onClose: (why: string) => void;
}

/** A command in a machine, over the API’s WebSocket. */
export function openExec({ agent, start, onOpen, onMessage, onClose }: ExecOptions): ExecSession {
  const url = new URL(`${agentPath(agent)}/exec`, location.origin);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const token = headerToken() ?? '';
  const socket = new WebSocket(url, [EXEC_SUBPROTOCOL, `${SESSION_SUBPROTOCOL}${token}`]);
  socket.binaryType = 'arraybuffer';
  const encoder = new TextEncoder();
  let opened = false;
  socket.addEventListener('open', () => {
    opened = true;
    socket.send(JSON.stringify(start));
    onOpen();
  });
  socket.addEventListener('message', ({ data }) => {
    const message = data instanceof ArrayBuffer ? readFrame(new Uint8Array(data)) : undefined;
    if (message !== undefined) onMessage(message);
  });
  socket.addEventListener('close', ({ reason }) =>
    onClose(opened ? reason || 'The connection ended.' : NOT_OPENED),
  );
  const send = (frame: Uint8Array<ArrayBuffer>) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(frame);
  };
  return {
    type: (text) => {
      for (const frame of inputFrames(encoder.encode(text))) send(frame);
    },
    resize: (size) => send(resizeFrame(size)),
    close: () => socket.close(),
  };
}

const NOT_OPENED =
  'The terminal could not be opened: is swarmd there, is a machine running, and may this session run commands?';
