import { useNavigate, useSearch } from '@tanstack/react-router';
import type { AgentResource } from '../../../../contracts/resources.ts';
import { Button } from '../../../ui/button.tsx';
import { CallPanel } from './call-panel.tsx';
import { ChatPanel } from './chat-panel.tsx';

const FORMS = [
  { id: 'request', label: 'Request' },
  { id: 'chat', label: 'Chat' },
] as const;

/** Calls the agent as anybody may call it, and shows what it answers while it answers. */
export function CallTab({ agent }: { readonly agent: AgentResource }) {
  const { form } = useSearch({ from: '/agents/$name' });
  const navigate = useNavigate({ from: '/agents/$name' });
  const chat = form === 'chat';
  return (
    <div className="grid gap-4">
      <fieldset className="flex gap-1">
        <legend className="sr-only">How to call it</legend>
        {FORMS.map(({ id, label }) => (
          <Button
            key={id}
            size="small"
            kind={(id === 'chat') === chat ? 'primary' : 'plain'}
            aria-pressed={(id === 'chat') === chat}
            onClick={() =>
              void navigate({
                search: (before) => ({ ...before, form: id === 'chat' ? id : undefined }),
                replace: true,
              })
            }
          >
            {label}
          </Button>
        ))}
      </fieldset>
      {chat ? <ChatPanel agent={agent} /> : <CallPanel agent={agent} />}
    </div>
  );
}
