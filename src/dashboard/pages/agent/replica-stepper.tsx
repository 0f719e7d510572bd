import { Minus, Plus } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { Field, Input } from '../../ui/field.tsx';

const MOST = 100;

interface ReplicaStepperProps {
  readonly value: number;
  readonly onChange: (value: number) => void;
}

export function ReplicaStepper({ value, onChange }: ReplicaStepperProps) {
  const set = (next: number) => onChange(Math.max(0, Math.min(MOST, Math.round(next) || 0)));
  return (
    <Field label="Replicas">
      {(given) => (
        <div className="flex items-center gap-1.5">
          <Button
            size="icon"
            aria-label="One less"
            disabled={value <= 0}
            onClick={() => set(value - 1)}
          >
            <Minus />
          </Button>
          <Input
            {...given}
            type="number"
            min={0}
            max={MOST}
            className="w-20 text-center tabular-nums"
            value={value}
            onChange={(event) => set(Number(event.target.value))}
          />
          <Button
            size="icon"
            aria-label="One more"
            disabled={value >= MOST}
            onClick={() => set(value + 1)}
          >
            <Plus />
          </Button>
        </div>
      )}
    </Field>
  );
}
