/**
 * `/dashly.js`: experiments on the pages of another site.
 *
 * Becomes one small file without anything of the app. Dashly's cookies do not reach it there, so the visitor's id is kept
 * by the page that includes it, and sent along. Bodies are forms: they need no question beforehand, and
 * `navigator.sendBeacon` can send them. Whatever goes wrong, the page gets what it would show without experiments.
 */
import type { SiteReply } from '../api/types.ts';

/** What the page gets as `window.dashly`. */
export interface Dashly {
  /** Shows an experiment: records the exposure, and gives the key of the variant to show, or `fallback`. */
  show: (testId: string, fallback: string) => Promise<string>;
  /** What the visitor gets of every experiment, without showing anything. Empty when that is not known. */
  variants: () => Promise<SiteReply['variants']>;
  /** Records what the visitor did. */
  track: (event: string, details?: { testId?: string; value?: number; eventId?: string }) => Promise<boolean>;
  /** Keeps the visitor's answer. Without consent nothing is kept or sent where it is required. */
  consent: (given: boolean) => void;
  /** Forgets the visitor and keeps nothing but that they want none of this. */
  optOut: () => void;
}

const VISITOR = 'ab_visitor_id';
const CHOICE = 'dashly_choice';
/** The page waits no longer, in milliseconds: a slow server must not hold it up. */
const PATIENCE_MS = 2_000;

const script = document.currentScript as HTMLScriptElement;
const base = `${new URL(script.src).origin}/api/experiments/`;
const refused = (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl === true;
let isNew = false;
/** Exposures under way: an event waits for them, since it counts only after them. */
let pending: Promise<unknown> = Promise.resolve();

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing is a new visitor on every page.
  }
}

function random(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

/** Who the visitor is; null when nothing may be kept or sent. */
function visitor(): string | null {
  const choice = kept(CHOICE);
  const asked = script.dataset.consent === 'required';
  if (refused || navigator.doNotTrack === '1' || choice === 'no' || (asked && choice !== 'yes')) {
    return null;
  }
  let id = kept(VISITOR);
  if (id === null || !/^[\w.-]{1,64}$/.test(id)) {
    id = `v_${random()}`;
    isNew = true;
    keep(VISITOR, id);
  }
  return id;
}

async function ask(path: string, id: string, testId: string[]): Promise<SiteReply['variants']> {
  const body = new URLSearchParams([
    ['visitor_id', id],
    ['visitor_kind', isNew ? 'new' : 'returning'],
    ...testId.map((one) => ['testId', one]),
  ]);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const reply = await fetch(base + path, { method: 'POST', body, signal, credentials: 'omit' });
  return reply.ok ? ((await reply.json()) as SiteReply).variants : {};
}

function forget(choice: string): void {
  try {
    localStorage.removeItem(VISITOR);
  } catch {
    // Then there is nothing to forget.
  }
  keep(CHOICE, choice);
}

const dashly: Dashly = {
  async show(testId, fallback) {
    const id = visitor();
    if (id === null) {
      return fallback;
    }
    const answer = ask('exposures', id, [testId]).catch((): SiteReply['variants'] => ({}));
    pending = Promise.all([pending, answer]);
    return (await answer)[testId]?.variant ?? fallback;
  },
  async variants() {
    const id = visitor();
    return id === null ? {} : ask('variants', id, []).catch(() => ({}));
  },
  async track(event, { testId, value, eventId } = {}) {
    const id = visitor();
    if (id === null) {
      return false;
    }
    const body = new URLSearchParams({ visitor_id: id, event, event_id: eventId ?? random() });
    if (testId !== undefined) body.set('testId', testId);
    if (value !== undefined) body.set('value', String(value));
    await pending;
    return (
      navigator.sendBeacon(`${base}events`, body) ||
      fetch(`${base}events`, { method: 'POST', body, keepalive: true, credentials: 'omit' }).then(
        (reply) => reply.ok,
        () => false,
      )
    );
  },
  consent(given) {
    if (given) {
      keep(CHOICE, 'yes');
    } else {
      forget('no');
    }
  },
  optOut() {
    forget('no');
  },
};

(window as { dashly?: Dashly }).dashly = dashly;
