import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ImportedPrices, PriceFormat, PriceListResource } from '../../../contracts/cost.ts';
import { importPrices, MAX_PRICE_FILE_BYTES } from '../../api/prices.ts';
import { Button } from '../../ui/button.tsx';
import { CommandText } from '../../ui/command-text.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Input, Select } from '../../ui/field.tsx';
import { bytes, count } from '../../ui/figures.tsx';
import { Failure } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';

const FORMATS: Readonly<Record<PriceFormat, string>> = {
  swarm: 'Swarm’s own, as the guide on cost shows it.',
  litellm: 'LiteLLM’s model_prices_and_context_window.json.',
  agentgateway: 'agentgateway’s cost catalog.',
};

interface ImportPricesDialogProps {
  readonly lists: readonly PriceListResource[];
  readonly onClose: () => void;
  readonly onImported: (name: string) => void;
}

export function ImportPricesDialog({ lists, onClose, onImported }: ImportPricesDialogProps) {
  const queries = useQueryClient();
  const [file, setFile] = useState<File>();
  const [name, setName] = useState('own');
  const [format, setFormat] = useState<PriceFormat>('swarm');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const replaced = lists.find((list) => list.name === name);
  const tooLarge = file !== undefined && file.size > MAX_PRICE_FILE_BYTES;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (file === undefined) return;
    setBusy(true);
    setError(undefined);
    try {
      const done = await importPrices(file, { name, format });
      await queries.invalidateQueries({ queryKey: ['prices'] });
      toast(`${name} is imported`, importedText(done));
      onImported(name);
      onClose();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Import prices"
      description="Whole, or not at all. The list that was imported last is asked first, from the next call on."
    >
      <form
        onSubmit={(event) => void submit(event)}
        className="grid grid-cols-[minmax(0,1fr)] gap-4"
      >
        <Field
          label="File"
          hint={`JSON, at most ${bytes(MAX_PRICE_FILE_BYTES)}`}
          error={
            tooLarge
              ? `It has ${bytes(file.size)}; the most is ${bytes(MAX_PRICE_FILE_BYTES)}.`
              : undefined
          }
        >
          {(field) => (
            <Input
              {...field}
              type="file"
              accept="application/json,.json"
              className="py-1.5"
              onChange={({ target }) => setFile(target.files?.[0])}
            />
          )}
        </Field>
        <Field label="Format" hint={FORMATS[format]}>
          {(field) => (
            <Select
              {...field}
              value={format}
              onChange={({ target }) => setFormat(target.value as PriceFormat)}
            >
              {Object.keys(FORMATS).map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field
          label="Name of the list"
          hint={
            replaced === undefined
              ? 'Lower-case letters, digits and “-”.'
              : 'There is a list of this name: the file takes its place.'
          }
        >
          {(field) => (
            <Input
              {...field}
              value={name}
              maxLength={63}
              autoComplete="off"
              spellCheck={false}
              onChange={({ target }) => setName(target.value.trim())}
            />
          )}
        </Field>
        <CommandText
          command={`swarm prices import FILE --format ${format} --name ${name || 'own'}`}
        />
        {error !== undefined && <Failure error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind="primary"
            busy={busy}
            disabled={file === undefined || tooLarge || name === ''}
          >
            {replaced === undefined ? 'Import' : 'Replace'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function importedText({ list, skipped, rounded }: ImportedPrices): string {
  const parts = [`${count(list.models)} models as ${list.version}.`];
  if (skipped > 0) parts.push(`${count(skipped)} entries that are not priced by tokens left out.`);
  if (rounded > 0) parts.push(`${count(rounded)} prices rounded to 12 decimals.`);
  return parts.join(' ');
}
