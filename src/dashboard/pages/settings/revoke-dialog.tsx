import { useQueryClient } from '@tanstack/react-query';
import type { TokenResource } from '../../../contracts/requests.ts';
import { revokeToken } from '../../api/tokens.ts';
import { useSession } from '../../session/use-session.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { toast } from '../../ui/toast.tsx';

interface RevokeDialogProps {
  readonly token: TokenResource;
  readonly onClose: () => void;
}

export function RevokeDialog({ token, onClose }: RevokeDialogProps) {
  const queries = useQueryClient();
  const own = useSession().token === token.id;
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Revoke ${token.name.slice(0, 60)}?`}
      action="Revoke it"
      danger
      onConfirm={async () => {
        await revokeToken(token.id);
        if (own) return;
        await queries.invalidateQueries({ queryKey: ['tokens'] });
        void queries.invalidateQueries({ queryKey: ['sessions'] });
        toast('The token is revoked', token.name);
      }}
    >
      <p>
        It is refused from now on, sessions that were made with it end, and it cannot be brought
        back.
      </p>
      {own && (
        <p className="mt-3 rounded-md bg-bad-soft px-3 py-2 text-bad">
          It is the token that this session was made with: you will be signed out, and need another
          token to sign in again.
        </p>
      )}
    </Confirm>
  );
}
