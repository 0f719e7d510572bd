import { Download } from 'lucide-react';
import { useState } from 'react';
import { agentLog } from '../../../api/logs.ts';
import { Button } from '../../../ui/button.tsx';
import { bytes } from '../../../ui/figures.tsx';
import { saveFile } from '../../../ui/save-file.ts';
import { toast, toastError } from '../../../ui/toast.tsx';

/** More than a tab should hold. */
const MAX_CHARACTERS = 200 * 1024 * 1024;
const TIMEOUT_MS = 300_000;

/** Everything that is kept of the agent’s log, as a file. */
export function DownloadLog({ agent }: { readonly agent: string }) {
  const [busy, setBusy] = useState(false);
  const download = async () => {
    setBusy(true);
    try {
      const { blob, cut } = await wholeLog(agent);
      saveFile(blob, { name: `${agent}.log` });
      toast('Log downloaded', `${bytes(blob.size)}${cut ? ': cut there, there is more' : ''}`);
    } catch (error) {
      toastError('The log was not downloaded', error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button
      kind="quiet"
      size="icon"
      aria-label="Download the whole log"
      busy={busy}
      onClick={() => void download()}
    >
      {!busy && <Download />}
    </Button>
  );
}

async function wholeLog(agent: string): Promise<{ blob: Blob; cut: boolean }> {
  const parts: string[] = [];
  let characters = 0;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  for await (const records of agentLog(agent, { signal })) {
    const text = records
      .map((one) => `${one.time} r${one.replica} ${one.stream} ${one.text}\n`)
      .join('');
    characters += text.length;
    if (characters > MAX_CHARACTERS) return { blob: textBlob(parts), cut: true };
    parts.push(text);
  }
  return { blob: textBlob(parts), cut: false };
}

function textBlob(parts: readonly string[]): Blob {
  return new Blob([...parts], { type: 'text/plain;charset=utf-8' });
}
