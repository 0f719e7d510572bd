import { type ReactNode, useState, useSyncExternalStore } from 'react';
import { liveState, onLive } from '../../live/live-store.ts';
import { Button } from '../../ui/button.tsx';
import { Select } from '../../ui/field.tsx';
import { type CallTerms, EVERY_KIND, STATUSES, type TermName, withWord } from './call-terms.ts';
import { FilterChips } from './filter-chips.tsx';
import { SearchBox } from './search-box.tsx';

interface FilterBarProps {
  readonly terms: CallTerms;
  readonly onChange: (terms: CallTerms) => void;
}

const SPANS: readonly (readonly [string, string])[] = [
  ['', 'Any time'],
  ['15m', 'Last 15 min'],
  ['1h', 'Last hour'],
  ['24h', 'Last 24 h'],
  ['7d', 'Last 7 d'],
  ['30d', 'Last 30 d'],
];

/** Words and terms in a box, the usual ones as menus, and all that hold as chips. */
export function FilterBar({ terms, onChange }: FilterBarProps) {
  const agents = useSyncExternalStore(onLive, () => liveState().agents) ?? [];
  const [typed, setTyped] = useState(terms.text ?? '');
  const add = (name: TermName, word: string) => onChange(withWord(terms, name, word));
  return (
    <div className="mb-3 grid grid-cols-[minmax(0,1fr)] gap-2">
      <div className="flex flex-wrap items-center gap-2">
        <SearchBox {...{ terms, onChange, typed, setTyped }} />
        <KindSwitch terms={terms} onChange={onChange} />
        <Pick label="Agent" onPick={(word) => add('agent', word)}>
          {agents.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </Pick>
        <Pick label="Status" onPick={(word) => add('status', word)}>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {status}
            </option>
          ))}
        </Pick>
        <Span terms={terms} onChange={onChange} />
      </div>
      <FilterChips terms={terms} onChange={onChange} onEdit={setTyped} />
    </div>
  );
}

function KindSwitch({ terms, onChange }: FilterBarProps) {
  const { kind, ...others } = terms;
  const shown = kind === undefined ? 'calls' : kind === EVERY_KIND ? EVERY_KIND : 'some';
  return (
    <fieldset className="flex rounded-md border border-line bg-surface p-0.5">
      <legend className="sr-only">Which events</legend>
      <Button
        size="small"
        kind={shown === 'calls' ? 'plain' : 'quiet'}
        className="border-transparent aria-pressed:bg-raised"
        aria-pressed={shown === 'calls'}
        onClick={() => onChange(others)}
      >
        Calls
      </Button>
      <Button
        size="small"
        kind={shown === EVERY_KIND ? 'plain' : 'quiet'}
        className="border-transparent aria-pressed:bg-raised"
        aria-pressed={shown === EVERY_KIND}
        onClick={() => onChange({ ...others, kind: EVERY_KIND })}
      >
        Everything
      </Button>
    </fieldset>
  );
}

interface PickProps {
  readonly label: string;
  readonly onPick: (word: string) => void;
  readonly children: ReactNode;
}

/** What is picked becomes a chip; the menu itself keeps its name. */
function Pick({ label, onPick, children }: PickProps) {
  return (
    <Select
      aria-label={`Add a filter: ${label}`}
      // As wide as its name, not as the longest that can be picked.
      className="w-32"
      value=""
      onChange={(event) => onPick(event.currentTarget.value)}
    >
      <option value="" disabled>
        {label}
      </option>
      {children}
    </Select>
  );
}

function Span({ terms, onChange }: FilterBarProps) {
  const { since = '', until, ...others } = terms;
  const own = until !== undefined || !SPANS.some(([value]) => value === since);
  return (
    <Select
      aria-label="Time span"
      className="w-auto"
      value={own ? 'own' : since}
      onChange={({ currentTarget: { value } }) =>
        onChange(value === '' ? others : { ...others, since: value })
      }
    >
      {SPANS.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
      {own && (
        <option value="own" disabled>
          As given
        </option>
      )}
    </Select>
  );
}
