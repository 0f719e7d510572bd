import type { AgentResource } from '../../../../contracts/resources.ts';
import { AgentFigures } from './agent-figures.tsx';
import { EndedMachines } from './ended-machines.tsx';
import { HealthHistory } from './health-history.tsx';
import { HowToCall } from './how-to-call.tsx';
import { Replicas } from './replicas.tsx';

export function OverviewTab({ agent }: { readonly agent: AgentResource }) {
  return (
    <div className="grid gap-4">
      <AgentFigures agent={agent.name} />
      <Replicas agent={agent} />
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <HealthHistory agent={agent.name} />
        <div className="grid gap-4">
          <HowToCall agent={agent} />
          <EndedMachines agent={agent.name} />
        </div>
      </div>
    </div>
  );
}
