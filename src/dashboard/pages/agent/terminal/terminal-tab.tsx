import { SquareTerminal } from 'lucide-react';
import { useState } from 'react';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { Button } from '../../../ui/button.tsx';
import { Select } from '../../../ui/field.tsx';
import { HostileText } from '../../../ui/hostile-text.tsx';
import { Empty } from '../../../ui/states.tsx';
import { ActButton } from '../act-button.tsx';
import { type TerminalState, TerminalView } from './terminal-view.tsx';

/** The first one that is there. */
const ANY_SHELL = 'if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi';
const SHELLS = [
  { id: 'any', label: 'bash or sh', argv: ['/bin/sh', '-c', ANY_SHELL] },
  { id: 'sh', label: '/bin/sh', argv: ['/bin/sh'] },
  { id: 'bash', label: 'bash', argv: ['bash'] },
  { id: 'python', label: 'python3', argv: ['python3'] },
  { id: 'node', label: 'node', argv: ['node'] },
] as const;

interface Opened {
  /** Another one is another terminal. */
  readonly key: number;
  readonly argv: string[];
  readonly replica: number | undefined;
}

/** A command in one of the agent’s machines, as the agent’s user. */
export function TerminalTab({ agent }: { readonly agent: AgentResource }) {
  const [shell, setShell] = useState<string>('any');
  const [replica, setReplica] = useState<number>();
  const [opened, setOpened] = useState<Opened>();
  const [state, setState] = useState<TerminalState>({ state: 'connecting' });
  const open = () => {
    const { argv } = SHELLS.find(({ id }) => id === shell) ?? SHELLS[0];
    setState({ state: 'connecting' });
    setOpened((before) => ({ key: (before?.key ?? 0) + 1, argv: [...argv], replica }));
  };
  const running = agent.replicas.items.filter(({ machine }) => machine !== null);
  const none = running.length === 0 ? 'No machine is running.' : undefined;
  return (
    <div className="flex h-[calc(100dvh-17rem)] min-h-96 flex-col overflow-hidden rounded-lg border border-line bg-surface">
      <div className="flex flex-wrap items-center gap-2 border-line border-b p-2">
        <Select
          aria-label="Shell"
          className="w-auto"
          value={shell}
          onChange={(event) => setShell(event.target.value)}
        >
          {SHELLS.map(({ id, label }) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
        </Select>
        <Select
          aria-label="Replica"
          className="w-auto"
          value={replica ?? ''}
          onChange={(event) =>
            setReplica(event.target.value === '' ? undefined : Number(event.target.value))
          }
        >
          <option value="">a healthy one</option>
          {running.map(({ number }) => (
            <option key={number} value={number}>
              replica {number}
            </option>
          ))}
        </Select>
        <ActButton needs="deploy" kind="primary" blocked={none} onClick={open}>
          <SquareTerminal aria-hidden />
          {opened === undefined ? 'Open' : state.state === 'ended' ? 'Reconnect' : 'Open anew'}
        </ActButton>
        {opened !== undefined && <State state={state} />}
        {opened !== undefined && state.state !== 'ended' && (
          <Button kind="quiet" className="ml-auto" onClick={() => setOpened(undefined)}>
            Close
          </Button>
        )}
      </div>
      {opened === undefined ? (
        <Empty
          title="A terminal in one of its machines"
          command={`swarm exec ${agent.name} -it -- sh`}
        >
          Commands run as the agent’s user, with its environment. That one was opened, and which
          command, is recorded in the audit log.
        </Empty>
      ) : (
        <div className="min-h-0 flex-1 p-2">
          <TerminalView
            key={opened.key}
            agent={agent.name}
            start={{
              argv: opened.argv,
              ...(opened.replica !== undefined && { replica: opened.replica }),
            }}
            onState={setState}
          />
        </div>
      )}
    </div>
  );
}

function State({ state }: { readonly state: TerminalState }) {
  return (
    <span role="status" className="min-w-0 text-muted text-xs">
      {state.state === 'connecting' && 'Connecting…'}
      {state.state === 'open' && 'Connected'}
      {state.state === 'ended' && (
        <span className={state.well ? undefined : 'text-bad'}>
          <HostileText text={state.why} />
        </span>
      )}
    </span>
  );
}
