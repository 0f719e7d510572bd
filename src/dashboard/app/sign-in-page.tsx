import { useCallback, useEffect, useState } from 'react';
import { signIn, takeCode } from '../session/sign-in.ts';
import { Button } from '../ui/button.tsx';
import { CommandText } from '../ui/command-text.tsx';
import { Field, Input } from '../ui/field.tsx';
import { Failure } from '../ui/states.tsx';

/** For those who have no session (any more), or whose code was not good. */
export function SignInPage({
  why,
  error: given,
}: {
  readonly why?: string | undefined;
  readonly error?: unknown;
}) {
  const [code, setCode] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(given);
  const submit = useCallback(async (given: string) => {
    setBusy(true);
    setError(undefined);
    try {
      await signIn(given);
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  }, []);
  // A link that is opened in this very tab changes nothing but what stands behind its #.
  useEffect(() => {
    const opened = () => {
      const fromLink = takeCode();
      if (fromLink !== undefined) void submit(fromLink);
    };
    addEventListener('hashchange', opened);
    return () => removeEventListener('hashchange', opened);
  }, [submit]);
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <div className="grid w-full max-w-md gap-4 rounded-xl border border-line bg-surface p-6">
        <div className="flex items-center gap-3">
          <img src="/dashboard/icon.svg" alt="" className="size-9" />
          <h1 className="font-semibold text-lg">Sign in to Swarm</h1>
        </div>
        {why !== undefined && <p className="rounded-md bg-warn-soft p-3 text-warn">{why}</p>}
        <p className="text-muted">
          Where you use the command <code>swarm</code>, run this. It opens this page, signed in,
          with a code that is good once and for a minute.
        </p>
        <CommandText command="swarm dashboard" />
        {error !== undefined && <Failure error={error} />}
        <form
          className="grid gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            void submit(code.trim().replace(/^.*#code=/, ''));
          }}
        >
          <Field label="Or give the code or the link that it printed">
            {(props) => (
              <Input
                {...props}
                autoComplete="one-time-code"
                spellCheck={false}
                value={code}
                onChange={(event) => setCode(event.target.value)}
              />
            )}
          </Field>
          <Button kind="primary" type="submit" busy={busy} disabled={code.trim() === ''}>
            Sign in
          </Button>
        </form>
      </div>
    </main>
  );
}
