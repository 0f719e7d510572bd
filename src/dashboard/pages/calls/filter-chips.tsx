import { X } from 'lucide-react';
import { Button } from '../../ui/button.tsx';
import { HostileText } from '../../ui/hostile-text.tsx';
import {
  type CallTerms,
  EVERY_KIND,
  isListTerm,
  TERMS,
  type TermName,
  withoutWord,
  wordsOf,
} from './call-terms.ts';
import { formatQuery, labelOf } from './query-words.ts';

function chipsOf(terms: CallTerms): readonly { readonly name: TermName; readonly word: string }[] {
  return TERMS.flatMap((name) => {
    const value = terms[name];
    if (value === undefined || name === 'text' || (name === 'kind' && value === EVERY_KIND))
      return [];
    return isListTerm(name)
      ? wordsOf(value).map((word) => ({ name, word }))
      : [{ name, word: value }];
  });
}
export function lastChip(terms: CallTerms) {
  return chipsOf(terms).at(-1);
}

function toSearch(): void {
  document.querySelector<HTMLElement>('[data-page-search]')?.focus();
}

/** A button that goes takes the focus with it. Pressed with the keyboard, it is left at the search. */
function keepPlace({ detail }: { readonly detail: number }): void {
  if (detail === 0) toSearch();
}

interface ChipsProps {
  readonly terms: CallTerms;
  readonly onChange: (terms: CallTerms) => void;
  readonly onEdit: (typed: string) => void;
}

/** All terms that hold, a word each: to be changed or taken away. */
export function FilterChips({ terms, onChange, onEdit }: ChipsProps) {
  const chips = chipsOf(terms);
  if (chips.length === 0) return null;
  return (
    <ul aria-label="Filters" className="flex flex-wrap items-center gap-1.5">
      {chips.map(({ name, word }) => (
        <li
          key={`${name}:${word}`}
          className="inline-flex max-w-full items-center rounded-md bg-accent-soft text-accent text-xs"
        >
          <button
            type="button"
            title="Change it"
            className="min-w-0 truncate py-1 pl-2"
            onClick={() => {
              onEdit(
                formatQuery({
                  [name]: word,
                  ...(terms.text !== undefined && { text: terms.text }),
                }),
              );
              onChange(withoutWord(terms, name, word));
              toSearch();
            }}
          >
            {labelOf(name)}: <HostileText text={word} max={80} />
          </button>
          <button
            type="button"
            aria-label={`Remove the filter ${labelOf(name)}: ${word.slice(0, 80)}`}
            className="p-1.5"
            onClick={(event) => {
              keepPlace(event);
              onChange(withoutWord(terms, name, word));
            }}
          >
            <X className="size-3" aria-hidden />
          </button>
        </li>
      ))}
      <li>
        <Button
          size="small"
          kind="quiet"
          onClick={(event) => {
            keepPlace(event);
            onChange({});
          }}
        >
          Clear all
        </Button>
      </li>
    </ul>
  );
}
