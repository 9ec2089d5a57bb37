import { describe, expect, it, vi } from 'vitest';
import { OnceGuard, type GuardStorage } from './OnceGuard.ts';

function memoryStorage(): GuardStorage {
  const entries = new Map<string, string>();
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
  };
}

describe('OnceGuard', () => {
  it('sends once, also after a reload', async () => {
    const storage = memoryStorage();
    const send = vi.fn(() => Promise.resolve());

    await new OnceGuard('upgrade', storage).run(send);
    const afterReload = new OnceGuard('upgrade', storage);
    await afterReload.run(send);

    expect(send).toHaveBeenCalledTimes(1);
    expect(afterReload.state()).toBe('recorded');
  });

  it('joins a running attempt on a double click', async () => {
    let finish: () => void = () => undefined;
    const send = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
    const guard = new OnceGuard('upgrade', memoryStorage());

    const first = guard.run(send);
    const second = guard.run(send);
    finish();
    await Promise.all([first, second]);

    expect(send).toHaveBeenCalledTimes(1);
  });

  it('retries a failed attempt under the same id, also after a reload', async () => {
    const storage = memoryStorage();
    const identifiers: string[] = [];
    const fail = (eventId: string) => {
      identifiers.push(eventId);
      return Promise.reject(new Error('down'));
    };
    const succeed = (eventId: string) => {
      identifiers.push(eventId);
      return Promise.resolve();
    };

    await expect(new OnceGuard('upgrade', storage).run(fail)).rejects.toThrow('down');
    const afterReload = new OnceGuard('upgrade', storage);
    expect(afterReload.state()).toBe('pending');
    await afterReload.run(succeed);

    expect(identifiers).toHaveLength(2);
    expect(identifiers[0]).toBe(identifiers[1]);
    expect(afterReload.state()).toBe('recorded');
  });

  it('holds for the life of the page when storage is blocked or damaged', async () => {
    const blocked: GuardStorage = {
      getItem: () => {
        throw new Error('blocked');
      },
      setItem: () => {
        throw new Error('blocked');
      },
    };
    const send = vi.fn(() => Promise.resolve());
    const guard = new OnceGuard('upgrade', blocked);

    await guard.run(send);
    await guard.run(send);
    expect(send).toHaveBeenCalledTimes(1);

    const damaged = new OnceGuard('upgrade', { getItem: () => '{', setItem: () => undefined });
    expect(damaged.state()).toBe('none');
  });
});
