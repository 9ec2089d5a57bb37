import { expect, it } from 'vitest';
import { parsePercent } from './percentInput.ts';

it('reads a percentage with a comma or a point', () => {
  expect(parsePercent('12,5', 1)).toEqual({ share: 0.125 });
  expect(parsePercent(' 40 ', 0.4)).toEqual({ share: 0.4 });
});

it.each(['', 'many', '-1', '41'])('refuses %j', (text) => {
  expect(parsePercent(text, 0.4)).toEqual({ share: null, fault: 'Enter a number from 0 to 40' });
});
