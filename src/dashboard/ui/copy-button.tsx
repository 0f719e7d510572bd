import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from './button.tsx';

export function CopyButton({
  text,
  label = 'Copy',
}: {
  readonly text: string;
  readonly label?: string;
}) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1_500);
  };
  return (
    <Button
      kind="quiet"
      size="iconSmall"
      aria-label={done ? 'Copied' : label}
      onClick={() => void copy().catch(() => setDone(false))}
    >
      {done ? <Check className="text-good" /> : <Copy />}
    </Button>
  );
}
