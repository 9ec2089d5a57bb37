import { newEventId } from '../../api/eventId.ts';

/** The two storage calls the guard needs; `localStorage` fits. */
export type GuardStorage = Pick<Storage, 'getItem' | 'setItem'>;

/** How far a once-only event has come in this browser. */
export type OnceState = 'none' | 'pending' | 'recorded';

interface StoredGuard {
  event_id: string;
  recorded: boolean;
}

/**
 * Makes an event happen once per browser, whatever the visitor presses and however often the page is reloaded.
 *
 * The id is stored before the first attempt and never changes, so that a retry, a second tab or a reload during the
 * request repeats the same id and the server keeps one record. Without storage (blocked by the browser) the guard
 * still holds for the life of the page.
 */
export class OnceGuard {
  private memory: StoredGuard | null = null;
  private running: Promise<void> | null = null;
  private readonly key: string;
  private readonly storage: GuardStorage | null;

  constructor(key: string, storage: GuardStorage | null) {
    this.key = key;
    this.storage = storage;
  }

  /** How far the event has come. */
  state(): OnceState {
    const stored = this.read();
    return stored === null ? 'none' : stored.recorded ? 'recorded' : 'pending';
  }

  /**
   * Sends the event unless it is already recorded; calls during a running attempt join it.
   * Rejects with what `send` rejected with, after which calling again retries under the same id.
   */
  run(send: (eventId: string) => Promise<unknown>): Promise<void> {
    if (this.running) {
      return this.running;
    }
    const stored = this.read() ?? { event_id: newEventId(), recorded: false };
    if (stored.recorded) {
      return Promise.resolve();
    }
    this.write(stored);
    this.running = send(stored.event_id)
      .then(() => this.write({ ...stored, recorded: true }))
      .finally(() => {
        this.running = null;
      });
    return this.running;
  }

  private read(): StoredGuard | null {
    try {
      const text = this.storage?.getItem(this.key);
      const value: unknown = text ? JSON.parse(text) : null;
      if (isStoredGuard(value)) {
        return value;
      }
    } catch {
      // Blocked or damaged storage: what this page remembers decides.
    }
    return this.memory;
  }

  private write(value: StoredGuard): void {
    this.memory = value;
    try {
      this.storage?.setItem(this.key, JSON.stringify(value));
    } catch {
      // Blocked or full storage: the memory copy holds until the page is left.
    }
  }
}

function isStoredGuard(value: unknown): value is StoredGuard {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as StoredGuard).event_id === 'string' &&
    typeof (value as StoredGuard).recorded === 'boolean'
  );
}
