import { expect, it } from 'vitest';
import { newEventId } from './eventId.ts';

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it('gives a version 4 id where randomUUID exists', () => {
  expect(newEventId()).toMatch(VERSION_4);
});

it('gives a version 4 id in an insecure context too', () => {
  const insecure = { getRandomValues: crypto.getRandomValues.bind(crypto) };

  expect(newEventId(insecure)).toMatch(VERSION_4);
  expect(newEventId(insecure)).not.toBe(newEventId(insecure));
});
