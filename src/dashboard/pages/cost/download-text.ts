/** Has the browser save it as a file of that name. */
export function downloadText(
  text: string,
  given: { readonly name: string; readonly type: string },
): void {
  const url = URL.createObjectURL(new Blob([text], { type: given.type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = given.name;
  link.click();
  // The browser has begun by then, and the text need not stay in memory.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
