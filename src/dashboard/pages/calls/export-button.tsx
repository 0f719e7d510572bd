import { Download } from 'lucide-react';
import { useRef, useState } from 'react';
import { type ExportFormat, exportEvents } from '../../api/events.ts';
import { Button } from '../../ui/button.tsx';
import { CommandText } from '../../ui/command-text.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field, Select } from '../../ui/field.tsx';
import { bytes } from '../../ui/figures.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { Failure } from '../../ui/states.tsx';
import { toast } from '../../ui/toast.tsx';
import { askedTerms, type CallTerms } from './call-terms.ts';
import { formatQuery } from './query-words.ts';
import { exportCommand, logsCommand } from './term-commands.ts';

const FORMATS: readonly (readonly [ExportFormat, string])[] = [
  ['jsonl', 'JSON, an event a line'],
  ['json', 'JSON, one document'],
  ['csv', 'CSV, for spreadsheets'],
  ['ocsf', 'OCSF, for security tools'],
];

/** What is shown as a file with its proofs, and as commands. */
export function ExportButton({ terms }: { readonly terms: CallTerms }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Download aria-hidden /> Export
      </Button>
      {open && <ExportDialog terms={terms} onClose={() => setOpen(false)} />}
    </>
  );
}

function ExportDialog({
  terms,
  onClose,
}: {
  readonly terms: CallTerms;
  readonly onClose: () => void;
}) {
  const [format, setFormat] = useState<ExportFormat>('jsonl');
  const [size, setSize] = useState<number>();
  const [error, setError] = useState<unknown>();
  const attempt = useRef<AbortController>(undefined);
  const close = () => {
    attempt.current?.abort();
    onClose();
  };
  const begin = async () => {
    const own = new AbortController();
    attempt.current = own;
    setSize(0);
    setError(undefined);
    try {
      const blob = await exportEvents(askedTerms(terms), {
        ...{ format, signal: own.signal, onBytes: setSize },
      });
      const name = `swarm-events-${format}.tar`;
      saveFile(blob, { name });
      toast(`Exported ${bytes(blob.size)}`, `Check it: swarm audit verify ${name} --key FILE`);
      onClose();
    } catch (thrown) {
      if (!own.signal.aborted) setError(thrown);
    } finally {
      setSize(undefined);
    }
  };
  const shown = formatQuery(terms);
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && close()}
      title="Export these events"
      description={`${shown === '' ? 'All calls' : 'All that match'}, with their content and what proves them, as a tar archive. The export is itself recorded.`}
    >
      <div className="grid grid-cols-1 gap-4">
        <Field label="Format">
          {(given) => (
            <Select
              {...given}
              value={format}
              onChange={(event) => setFormat(event.currentTarget.value as ExportFormat)}
            >
              {FORMATS.map(([name, label]) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <div className="grid grid-cols-1 gap-1.5">
          <p className="text-muted text-xs">The same in a terminal</p>
          <CommandText command={exportCommand(terms, format)} />
          <CommandText command={logsCommand(terms)} />
        </div>
        {error !== undefined && <Failure error={error} />}
        <div className="flex items-center justify-end gap-2">
          {size !== undefined && (
            <span role="status" className="mr-auto text-muted tabular-nums">
              {bytes(size)} so far
            </span>
          )}
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" busy={size !== undefined} onClick={() => void begin()}>
            Download
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
