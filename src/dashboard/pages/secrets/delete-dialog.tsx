import { useQueryClient } from '@tanstack/react-query';
import type { SecretResource } from '../../../contracts/secret.ts';
import { deleteSecret } from '../../api/secrets.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import { toast } from '../../ui/toast.tsx';

interface DeleteDialogProps {
  readonly secret: SecretResource;
  readonly onClose: () => void;
  readonly onDeleted: () => void;
}

export function DeleteDialog({ secret, onClose, onDeleted }: DeleteDialogProps) {
  const queries = useQueryClient();
  const { name, usedBy } = secret;
  const force = usedBy.length > 0;
  return (
    <Confirm
      open
      onOpenChange={onClose}
      title={`Delete ${name}?`}
      action={force ? 'Delete it all the same' : 'Delete it'}
      danger
      onConfirm={async () => {
        await deleteSecret(secret, { force });
        // First, so that nothing asks for its versions any more.
        onDeleted();
        await queries.invalidateQueries({ queryKey: ['secrets'] });
        toast(`${name} is deleted`);
      }}
    >
      <p>All its versions go, and cannot be brought back.</p>
      {force && (
        <div className="mt-3 rounded-md bg-bad-soft px-3 py-2 text-bad">
          <p>These agents name it. Machines of theirs that start later fail:</p>
          <ul className="mt-1 list-disc pl-5">
            {usedBy.slice(0, 20).map((agent) => (
              <li key={agent}>
                <HostileText text={agent} max={100} />
              </li>
            ))}
          </ul>
          {usedBy.length > 20 && <p>and {usedBy.length - 20} more</p>}
        </div>
      )}
    </Confirm>
  );
}
