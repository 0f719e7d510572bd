import type { GivenKey } from '../../audit-proof/verify-checkpoint.ts';
import { Field, Input, Select, Textarea } from '../../ui/field.tsx';

export interface KeyChoice {
  readonly from: GivenKey['from'];
  readonly pasted: string;
  /** Signed text of a checkpoint from elsewhere; empty: the one that this browser kept. */
  readonly older: string;
}

/** The pinned one unless another was chosen; the server’s when none is pinned. */
export function keyOf(
  choice: KeyChoice,
  keys: { readonly pinned: string | undefined; readonly server: string },
): GivenKey {
  if (choice.from === 'pasted') return { text: choice.pasted, from: 'pasted' };
  if (choice.from === 'pinned' && keys.pinned !== undefined)
    return { text: keys.pinned, from: 'pinned' };
  return { text: keys.server, from: 'server' };
}

interface KeyChooserProps {
  readonly choice: KeyChoice;
  readonly onChange: (choice: KeyChoice) => void;
  readonly hasPinned: boolean;
}

/** Which key signatures are checked with, and what the log has to go on from. */
export function KeyChooser({ choice, onChange, hasPinned }: KeyChooserProps) {
  const from = choice.from === 'pinned' && !hasPinned ? 'server' : choice.from;
  return (
    <div className="mt-4 grid gap-3 md:grid-cols-[20rem_minmax(0,1fr)]">
      <Field label="Check against">
        {(field) => (
          <Select
            {...field}
            value={from}
            onChange={({ target }) =>
              onChange({ ...choice, from: target.value as KeyChoice['from'] })
            }
          >
            <option value="pinned" disabled={!hasPinned}>
              the key pinned here{hasPinned ? '' : ' (none yet)'}
            </option>
            <option value="server">the key that the server names</option>
            <option value="pasted">a key that I paste</option>
          </Select>
        )}
      </Field>
      {from === 'pasted' && (
        <Field label="Public key" hint="One line, as “swarm audit key” prints it.">
          {(field) => (
            <Input
              {...field}
              value={choice.pasted}
              onChange={({ target }) => onChange({ ...choice, pasted: target.value })}
              placeholder="swarm-1a2b3c4d+5e6f7a8b+…"
              maxLength={300}
              autoComplete="off"
              spellCheck={false}
              className="font-mono text-xs"
            />
          )}
        </Field>
      )}
      <details className="md:col-span-2">
        <summary className="w-fit cursor-pointer rounded text-muted hover:text-ink">
          Compare with an older checkpoint that was kept elsewhere
        </summary>
        <Field
          className="mt-2"
          label="Older checkpoint"
          hint="All of its lines, as “swarm audit checkpoint” printed them. Empty: the newest one that this browser verified."
        >
          {(field) => (
            <Textarea
              {...field}
              rows={6}
              value={choice.older}
              maxLength={10_000}
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => onChange({ ...choice, older: target.value })}
            />
          )}
        </Field>
      </details>
    </div>
  );
}
