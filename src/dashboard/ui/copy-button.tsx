import { Check, Copy, X } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button.tsx';

const SHOWN_MS = 1_500;
const REFUSED = 'Not copied: the browser allows it over HTTPS or on this host only';

export function CopyButton({
  text,
  label = 'Copy',
}: {
  readonly text: string;
  readonly label?: string;
}) {
  const [told, setTold] = useState<'copied' | 'refused'>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setTold('copied');
      setTimeout(() => setTold(undefined), SHOWN_MS);
    } catch {
      // It stays: what was meant to be copied is not.
      setTold('refused');
    }
  };
  const isRefused = told === 'refused';
  return (
    <Button
      kind="quiet"
      size="iconSmall"
      aria-label={isRefused ? REFUSED : told === 'copied' ? 'Copied' : label}
      title={isRefused ? REFUSED : undefined}
      onClick={() => void copy()}
    >
      {told === undefined ? (
        <Copy />
      ) : isRefused ? (
        <X className="text-bad" />
      ) : (
        <Check className="text-good" />
      )}
    </Button>
  );
}
