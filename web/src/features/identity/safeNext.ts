/** Where a sign-in leads when nothing else was asked for. */
export const DEFAULT_NEXT = '/admin/experiments';

const ANYWHERE = 'https://dashly.invalid';

/**
 * The address to open after signing in: `next` if it is a path of this install, else the experiments page.
 *
 * Without this check a prepared sign-in link could send the person on to another site (`//host`, `/\host`, `https:…`).
 * The sign-in page itself is refused too: it would only lead back to itself.
 */
export function safeNext(next: string | null | undefined): string {
  if (!next?.startsWith('/') || next.startsWith('//') || next.includes('\\') || hasControlCharacter(next)) {
    return DEFAULT_NEXT;
  }
  try {
    const url = new URL(next, ANYWHERE);
    if (url.origin !== ANYWHERE || url.pathname.startsWith('//') || url.pathname === '/admin/login') {
      return DEFAULT_NEXT;
    }
    return `${url.pathname}${url.search}${url.hash}`;
  } catch {
    return DEFAULT_NEXT;
  }
}

function hasControlCharacter(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' || character === '\u007f');
}
