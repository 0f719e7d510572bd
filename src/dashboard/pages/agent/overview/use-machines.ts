import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import type { MachineResource } from '../../../../contracts/resources.ts';
import { machinesQuery } from '../../../api/machines.ts';
import { type CpuSample, cpuSamples, cpuShare } from './cpu-share.ts';

export interface Machines {
  /** Newest first; undefined: not known yet. */
  readonly items: readonly MachineResource[] | undefined;
  readonly error: unknown;
  /** Of one CPU; undefined: not known (yet). */
  readonly cpuOf: (machine: string) => number | undefined;
}

/** The agent’s machines with what they use, every 5 s while the page is looked at. */
export function useMachines(agent: string): Machines {
  const { data, error } = useQuery(machinesQuery(agent));
  const seen = useRef<{ atMs: number; samples: ReadonlyMap<string, CpuSample> }>(undefined);
  const shares = useRef<ReadonlyMap<string, number>>(new Map());
  if (data !== undefined && data.askedAtMs !== seen.current?.atMs) {
    const samples = cpuSamples(data.items, data.askedAtMs);
    const before = seen.current?.samples;
    shares.current = new Map(
      [...samples].flatMap(([id, sample]) => {
        const share = cpuShare(before?.get(id), sample) ?? shares.current.get(id);
        return share === undefined ? [] : [[id, share] as const];
      }),
    );
    seen.current = { atMs: data.askedAtMs, samples };
  }
  return { items: data?.items, error, cpuOf: (machine) => shares.current.get(machine) };
}
