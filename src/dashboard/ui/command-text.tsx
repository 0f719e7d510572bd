import { CopyButton } from './copy-button.tsx';

/** A command to run, ready to be copied. */
export function CommandText({ command }: { readonly command: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1 rounded-md border border-line bg-raised pl-2.5">
      <code className="min-w-0 whitespace-pre-wrap py-1 text-xs [overflow-wrap:anywhere]">
        {command}
      </code>
      <CopyButton text={command} label={`Copy: ${command}`} />
    </span>
  );
}
