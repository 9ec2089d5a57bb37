/** Hands a text to the person as a file, without the server: it was made in the browser. */
export function downloadText(name: string, text: string, type: string): void {
  // The mark makes Excel read the file as UTF-8.
  const address = URL.createObjectURL(new Blob(['\uFEFF', text], { type: `${type};charset=utf-8` }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Not at once: the browser may still be opening it.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
