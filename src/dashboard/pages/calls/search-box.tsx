import { Search } from 'lucide-react';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { Input } from '../../ui/field.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import {
  type CallTerms,
  EVERY_KIND,
  isListTerm,
  TERMS,
  withoutWord,
  wordsOf,
} from './call-terms.ts';
import { lastChip } from './filter-chips.tsx';
import { formatQuery, parseQuery } from './query-words.ts';

interface SearchBoxProps {
  readonly terms: CallTerms;
  readonly onChange: (terms: CallTerms) => void;
  readonly typed: string;
  readonly setTyped: (typed: string) => void;
}

/** Words, and terms such as `agent:desk`; Backspace in front of them takes the last chip back. */
export function SearchBox({ terms, onChange, typed, setTyped }: SearchBoxProps) {
  const id = useId();
  const [problems, setProblems] = useState<readonly string[]>([]);
  const { text = '' } = terms;
  useEffect(() => setTyped(text), [text, setTyped]);
  const search = (event: FormEvent) => {
    event.preventDefault();
    const parsed = parseQuery(typed);
    setProblems(parsed.problems);
    if (parsed.problems.length > 0) return;
    const { text: _, ...others } = terms;
    onChange({ ...others, ...merged(others, parsed.terms) });
    setTyped(parsed.terms.text ?? '');
  };
  return (
    <search className="w-full min-w-0 md:w-auto md:min-w-80 md:flex-1">
      <form onSubmit={search} className="relative">
        <Search
          className="pointer-events-none absolute top-2.5 left-2.5 size-4 text-muted"
          aria-hidden
        />
        <Input
          data-page-search
          type="search"
          aria-label="Search events"
          aria-describedby={problems.length > 0 ? id : undefined}
          aria-invalid={problems.length > 0}
          autoComplete="off"
          spellCheck={false}
          maxLength={2_000}
          className="pl-8"
          placeholder="refund status:error agent:support-desk"
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setProblems([]);
          }}
          onKeyDown={(event) => {
            const last = event.key === 'Backspace' && typed === '' ? lastChip(terms) : undefined;
            if (last === undefined) return;
            event.preventDefault();
            setTyped(formatQuery({ [last.name]: last.word }));
            onChange(withoutWord(terms, last.name, last.word));
          }}
        />
        {problems.length > 0 && (
          <p id={id} role="alert" className="mt-1 text-bad text-xs">
            <HostileText text={problems.join(' ')} max={500} />
          </p>
        )}
      </form>
    </search>
  );
}

/** Of lists both hold; of the others what was typed. */
function merged(before: CallTerms, typed: CallTerms): CallTerms {
  let terms: CallTerms = {};
  for (const name of TERMS) {
    const value = typed[name];
    if (value === undefined) continue;
    terms = { ...terms, [name]: isListTerm(name) ? joinLists(before[name], value) : value };
  }
  return terms;
}
function joinLists(before: string | undefined, more: string): string {
  if (more === EVERY_KIND || before === EVERY_KIND) return more;
  return [...new Set([...wordsOf(before), ...wordsOf(more)])].join(',');
}
