import { Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { chosenDensity, type Density, setDensity } from '../../app/density.ts';
import { chosenTheme, setTheme, type Theme } from '../../app/theme.ts';
import { Card } from '../../ui/card.tsx';

const THEMES = [
  { id: 'light', label: 'Light', icon: Sun },
  { id: 'dark', label: 'Dark', icon: Moon },
  { id: 'system', label: 'As the system', icon: Monitor },
] as const;
const DENSITIES = [
  { id: 'comfortable', label: 'Comfortable' },
  { id: 'compact', label: 'Compact' },
] as const;

export function AppearanceTab() {
  const [theme, chooseTheme] = useState<Theme>(chosenTheme);
  const [density, chooseDensity] = useState<Density>(chosenDensity);
  return (
    <Card title="Appearance">
      <div className="grid gap-6">
        <Choice
          name="theme"
          legend="Theme"
          options={THEMES}
          value={theme}
          onChange={(next) => {
            setTheme(next);
            chooseTheme(next);
          }}
        />
        <Choice
          name="density"
          legend="Density"
          options={DENSITIES}
          value={density}
          onChange={(next) => {
            setDensity(next);
            chooseDensity(next);
          }}
        />
        <p className="text-muted">
          Kept in this browser. Times are shown in its zone, UTC on hover.
        </p>
      </div>
    </Card>
  );
}

interface ChoiceProps<T extends string> {
  readonly name: string;
  readonly legend: string;
  readonly options: readonly { id: T; label: string; icon?: typeof Sun }[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}

function Choice<T extends string>({ name, legend, options, value, onChange }: ChoiceProps<T>) {
  return (
    <fieldset>
      <legend className="mb-2 font-medium">{legend}</legend>
      <div className="flex flex-wrap gap-2">
        {options.map(({ id, label, icon: Icon }) => (
          <label
            key={id}
            className="flex cursor-pointer items-center gap-2 rounded-md border border-line px-3 py-2 has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-focus [&_svg]:size-4"
          >
            <input
              type="radio"
              name={name}
              value={id}
              checked={value === id}
              className="accent-accent"
              onChange={() => onChange(id)}
            />
            {Icon && <Icon aria-hidden />}
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
