import '@xterm/xterm/css/xterm.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useEffectEvent, useRef } from 'react';
import type { ExecStart } from '../../../../contracts/requests.ts';
import { isDark } from '../../../app/theme.ts';
import type { ExecMessage } from './exec-frames.ts';
import { type ExecSession, openExec } from './open-exec.ts';
import { terminalTheme } from './terminal-theme.ts';

export type TerminalState =
  | { readonly state: 'connecting' | 'open' }
  | { readonly state: 'ended'; readonly why: string; readonly well: boolean };

interface TerminalViewProps {
  readonly agent: string;
  readonly start: Pick<ExecStart, 'argv' | 'replica'>;
  readonly onState: (state: TerminalState) => void;
}

/** More than this unread, and the command is too fast to be watched. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;
const SCROLLBACK_LINES = 5_000;

/** A terminal with a command in it; made anew with a new key. */
export function TerminalView({ agent, start, onState }: TerminalViewProps) {
  const place = useRef<HTMLDivElement>(null);
  const tell = useEffectEvent(onState);
  const begin = useEffectEvent((terminal: Terminal) => {
    const size = { columns: terminal.cols, rows: terminal.rows };
    return connect({ agent, start: { ...start, tty: true, ...size }, terminal, tell });
  });
  useEffect(() => {
    if (place.current === null) return;
    const terminal = new Terminal({
      theme: terminalTheme(isDark()),
      fontFamily: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
      fontSize: 13,
      scrollback: SCROLLBACK_LINES,
      cursorBlink: false,
      minimumContrastRatio: 4.5,
    });
    // A program's link (OSC 8) is the text that it shows, and nothing else.
    terminal.parser.registerOscHandler(8, () => true);
    const fit = new FitAddon();
    terminal.loadAddon(fit);
    terminal.open(place.current);
    fit.fit();
    const session = begin(terminal);
    terminal.onData((text) => session.type(text));
    terminal.onResize(({ cols, rows }) => session.resize({ columns: cols, rows }));
    const resized = new ResizeObserver(() => fit.fit());
    resized.observe(place.current);
    const themed = new MutationObserver(() => {
      terminal.options.theme = terminalTheme(isDark());
    });
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    terminal.focus();
    return () => {
      resized.disconnect();
      themed.disconnect();
      session.close();
      terminal.dispose();
    };
  }, []);
  return <div ref={place} className="size-full overflow-hidden" />;
}

interface Connect {
  readonly agent: string;
  readonly start: ExecStart;
  readonly terminal: Terminal;
  readonly tell: (state: TerminalState) => void;
}

function connect({ agent, start, terminal, tell }: Connect): ExecSession {
  let ended = false;
  let unread = 0;
  const end = (why: string, well: boolean) => {
    if (ended) return;
    ended = true;
    tell({ state: 'ended', why, well });
  };
  const take = (message: ExecMessage) => {
    if (ended) return;
    if (message.type === 'exit') return end(exitText(message), message.exitCode === 0);
    if (message.type === 'error') return end(message.message, false);
    const { length } = message.data;
    unread += length;
    if (unread > MAX_UNREAD_BYTES) {
      end('It wrote faster than a page can show; the command was ended.', false);
      session.close();
      return;
    }
    terminal.write(message.data, () => {
      unread -= length;
    });
  };
  tell({ state: 'connecting' });
  const session = openExec({
    agent,
    start,
    onOpen: () => tell({ state: 'open' }),
    onMessage: take,
    onClose: (why) => end(why, false),
  });
  return session;
}

function exitText({ exitCode, signal }: Extract<ExecMessage, { type: 'exit' }>): string {
  if (signal !== null) return `The command was ended by ${signal}.`;
  return exitCode === null
    ? 'The command has ended.'
    : `The command ended with exit code ${exitCode}.`;
}
