import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ImportedPrices, PriceFormat, PriceListResource } from '../../../contracts/cost.ts';
import { importPrices, MAX_PRICE_FILE_BYTES } from '../../api/prices.ts';
import { CommandText } from '../../ui/command-text.tsx';
import { Field, Input, Select } from '../../ui/field.tsx';
import { bytes, count } from '../../ui/figures.tsx';
import { FormDialog } from '../../ui/form-dialog.tsx';
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
  const replaced = lists.find((list) => list.name === name);
  const tooLarge = file !== undefined && file.size > MAX_PRICE_FILE_BYTES;
  const submit = async () => {
    if (file === undefined) return;
    const done = await importPrices(file, { name, format });
    await queries.invalidateQueries({ queryKey: ['prices'] });
    toast(`${name} is imported`, importedText(done));
    onImported(name);
    onClose();
  };
  return (
    <FormDialog
      title="Import prices"
      description="Whole, or not at all. The list that was imported last is asked first, from the next call on."
      action={replaced === undefined ? 'Import' : 'Replace'}
      disabled={file === undefined || tooLarge || name === ''}
      onSubmit={submit}
      onClose={onClose}
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
    </FormDialog>
  );
}

function importedText({ list, skipped, rounded }: ImportedPrices): string {
  const parts = [`${count(list.models)} models as ${list.version}.`];
  if (skipped > 0) parts.push(`${count(skipped)} entries that are not priced by tokens left out.`);
  if (rounded > 0) parts.push(`${count(rounded)} prices rounded to 12 decimals.`);
  return parts.join(' ');
}
