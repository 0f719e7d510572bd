import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { consoleQuery } from '../../../api/machines.ts';
import { AnsiText } from '../../../ui/ansi-text.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { Field, Select } from '../../../ui/field.tsx';
import { Failure, Loading } from '../../../ui/states.tsx';
import { PieceList } from './piece-list.tsx';

const LINE_CHARACTERS = 8 * 1024;
const LINE_PX = 20;

interface ConsoleDialogProps {
  readonly agent: AgentResource;
  readonly close: () => void;
}

/** What the kernel and guestd of a machine said, from before its process was there. */
export function ConsoleDialog({ agent, close }: ConsoleDialogProps) {
  const replicas = agent.replicas.items;
  const [replica, setReplica] = useState(replicas[0]?.number ?? 0);
  const { data, error, refetch } = useQuery(consoleQuery(agent.name, replica));
  const lines = useMemo(() => (data ?? '').split(/\r?\n/), [data]);
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => {
        if (!open) close();
      }}
      title="Console of a machine"
      description="What its kernel and guestd said: at most the last 256 KiB."
    >
      <Field label="Replica" className="mb-3 w-40">
        {(given) => (
          <Select
            {...given}
            value={replica}
            onChange={(event) => setReplica(Number(event.target.value))}
          >
            {replicas.map(({ number }) => (
              <option key={number} value={number}>
                replica {number}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {error !== null ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <Loading rows={8} />
      ) : (
        <PieceList
          label="Console"
          pieces={lines}
          estimatePx={LINE_PX}
          draw={(line) => (line === '' ? '\u00a0' : <AnsiText text={line} max={LINE_CHARACTERS} />)}
        />
      )}
    </Dialog>
  );
}
