import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { SecretResource } from '../../../contracts/secret.ts';
import { useMay } from '../../session/use-session.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { CallsLink } from '../../ui/calls-link.tsx';
import { CommandText } from '../../ui/command-text.tsx';
import { type Fact, Facts } from '../../ui/facts.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { Time } from '../../ui/time.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { RotateDialog } from './rotate-dialog.tsx';
import { SecretVersions } from './secret-versions.tsx';
import { UseDialog } from './use-dialog.tsx';

interface SecretPanelProps {
  readonly secret: SecretResource;
  readonly onDeleted: () => void;
}

/** One secret: how it may be used, where it is, its versions, and what can be done with it. */
export function SecretPanel({ secret, onDeleted }: SecretPanelProps) {
  const { deploy } = useMay();
  const [open, setOpen] = useState<'rotate' | 'use' | 'delete'>();
  const close = () => setOpen(undefined);
  const act = { disabled: !deploy, title: deploy ? undefined : 'needs the scope deploy' };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-5">
      <div className="flex flex-wrap gap-2">
        <Button kind="primary" {...act} onClick={() => setOpen('rotate')}>
          Rotate…
        </Button>
        <Button {...act} onClick={() => setOpen('use')}>
          Change use…
        </Button>
        <Button kind="danger" {...act} onClick={() => setOpen('delete')}>
          Delete…
        </Button>
      </div>
      {!deploy && (
        <p className="text-muted">
          Changing secrets needs a session of a token with the scope <code>deploy</code>.
        </p>
      )}
      <Facts items={factsOf(secret)} />
      <div className="grid gap-2">
        <h3 className="font-medium">In agent.yaml</h3>
        <div>
          <CommandText command={`${secret.name}: \${SECRET_${secret.name}}`} />
        </div>
      </div>
      <div className="grid gap-2">
        <h3 className="font-medium">Versions</h3>
        <SecretVersions secret={secret} />
      </div>
      {open === 'rotate' && <RotateDialog secret={secret} onClose={close} />}
      {open === 'use' && <UseDialog secret={secret} onClose={close} />}
      {open === 'delete' && <DeleteDialog secret={secret} onClose={close} onDeleted={onDeleted} />}
    </div>
  );
}

function factsOf(secret: SecretResource): Fact[] {
  const { name, agent, mode, hosts, headers, allowHttp, version, usedBy, lastUsedAt } = secret;
  const ofHeaders: Fact[] = [
    {
      label: 'Hosts',
      value:
        hosts.length === 0 ? (
          <span className="text-warn">all that the agent may call: name its own</span>
        ) : (
          <HostileText text={hosts.join(', ')} max={2_000} className="font-mono text-xs" />
        ),
    },
    {
      label: 'Headers',
      value: <HostileText text={headers.join(', ')} max={1_000} className="font-mono text-xs" />,
    },
    { label: 'Without TLS', value: allowHttp ? 'allowed' : 'never' },
  ];
  return [
    { label: 'For', value: agent === null ? 'the workspace' : <AgentLink name={agent} /> },
    { label: 'Mode', value: <Badge tone={mode === 'inject' ? 'warn' : 'neutral'}>{mode}</Badge> },
    ...(mode === 'placeholder' ? ofHeaders : []),
    {
      label: 'Used by',
      value:
        usedBy.length === 0 ? (
          'no agent’s active revision'
        ) : (
          <span className="flex flex-wrap gap-x-3">
            {usedBy.slice(0, 50).map((one) => (
              <AgentLink key={one} name={one} />
            ))}
            {usedBy.length > 50 && <span>and {usedBy.length - 50} more</span>}
          </span>
        ),
    },
    {
      label: 'Last used',
      value:
        lastUsedAt === null ? (
          'never'
        ) : (
          <CallsLink terms={{ kind: 'egress.call,egress.connection,secret.injected', text: name }}>
            <Time at={lastUsedAt} relative />
          </CallsLink>
        ),
    },
    {
      label: 'Changed',
      value: (
        <>
          <Time at={secret.updatedAt} relative /> by{' '}
          <HostileText text={secret.updatedBy} max={60} />, version {version}
        </>
      ),
    },
  ];
}

function AgentLink({ name }: { readonly name: string }) {
  return (
    <Link to="/agents/$name" params={{ name }} className="text-accent hover:underline">
      <HostileText text={name} max={100} />
    </Link>
  );
}
