/**
 * Remembers that somebody signed in with this browser. The session itself is an HttpOnly cookie that script cannot see;
 * without this hint every visit to a public page would ask the server about a session that is almost never there.
 */
const STORAGE_KEY = 'dashly.signed-in';

/** True when asking for the session is worthwhile on a public page. */
export function hasSessionHint(): boolean {
  try {
    return window.localStorage.getItem(STORAGE_KEY) === '1';
  } catch {
    return false;
  }
}

/** Sets or clears the hint. */
export function setSessionHint(signedIn: boolean): void {
  try {
    if (signedIn) {
      window.localStorage.setItem(STORAGE_KEY, '1');
    } else {
      window.localStorage.removeItem(STORAGE_KEY);
    }
  } catch {
    // Blocked storage: the account menu then appears on admin pages only.
  }
}
