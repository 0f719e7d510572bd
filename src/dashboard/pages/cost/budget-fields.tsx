import { useLive } from '../../live/use-live.ts';
import { Field, Input, Select, Switch } from '../../ui/field.tsx';
import type { BudgetFaults, BudgetForm } from './budget-form.ts';

interface BudgetFieldsProps {
  readonly form: BudgetForm;
  readonly faults: BudgetFaults;
  readonly isNew: boolean;
  readonly onChange: (form: BudgetForm) => void;
}

export function BudgetFields({ form, faults, isNew, onChange }: BudgetFieldsProps) {
  const { agents = [] } = useLive();
  const names = new Set([
    ...agents.map(({ name }) => name),
    ...(form.agent === '' ? [] : [form.agent]),
  ]);
  const set = (given: Partial<BudgetForm>) => onChange({ ...form, ...given });
  return (
    <>
      <Field
        label="Name"
        error={faults.name}
        hint={isNew ? 'Such as desk-day' : 'A name stays as it is'}
      >
        {(props) => (
          <Input
            {...props}
            value={form.name}
            readOnly={!isNew}
            maxLength={63}
            autoComplete="off"
            onChange={(event) => set({ name: event.target.value })}
          />
        )}
      </Field>
      <div className="grid grid-cols-2 items-start gap-4">
        <Field label="Of">
          {(props) => (
            <Select
              {...props}
              value={form.agent}
              onChange={(event) => set({ agent: event.target.value })}
            >
              <option value="">all agents</option>
              {[...names].sort().map((name) => (
                <option key={name}>{name}</option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="For each">
          {(props) => (
            <Select
              {...props}
              value={form.period}
              onChange={(event) => set({ period: event.target.value as BudgetForm['period'] })}
            >
              <option value="run">run</option>
              <option value="day">day (UTC)</option>
              <option value="month">month (UTC)</option>
            </Select>
          )}
        </Field>
        <Field label="Limit" error={faults.limit}>
          {(props) => (
            <Input
              {...props}
              inputMode="decimal"
              autoComplete="off"
              value={form.limit}
              maxLength={40}
              onChange={(event) => set({ limit: event.target.value })}
            />
          )}
        </Field>
        <Field label="In">
          {(props) => (
            <Select
              {...props}
              value={form.unit}
              onChange={(event) => set({ unit: event.target.value as BudgetForm['unit'] })}
            >
              <option value="money">US dollars</option>
              <option value="tokens">tokens</option>
            </Select>
          )}
        </Field>
      </div>
      <Field
        label="Tell at"
        error={faults.thresholds}
        hint="Percent of the limit; each is an event, budget.threshold, once a period."
      >
        {(props) => (
          <Input
            {...props}
            value={form.thresholds}
            maxLength={100}
            autoComplete="off"
            onChange={(event) => set({ thresholds: event.target.value })}
          />
        )}
      </Field>
      {form.unit === 'money' && (
        <div className="grid gap-1">
          <Switch
            label="Let calls to models without a price pass, uncounted"
            checked={form.allowUnpriced}
            onCheckedChange={(allowUnpriced) => set({ allowUnpriced })}
          />
          <p className="text-muted text-xs">
            Otherwise they are refused: what they cost could not be kept within the limit.
          </p>
        </div>
      )}
    </>
  );
}
