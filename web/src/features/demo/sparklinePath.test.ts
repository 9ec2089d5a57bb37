import { expect, it } from 'vitest';
import { sparklinePath } from './sparklinePath.ts';

it('spans the box from the first to the last value', () => {
  expect(sparklinePath([1, 3], 100, 20)).toBe('M0.0 20.0L100.0 0.0');
});

it('draws a flat line for equal values and nothing for fewer than two', () => {
  expect(sparklinePath([2, 2, 2], 10, 4)).toBe('M0.0 4.0L5.0 4.0L10.0 4.0');
  expect(sparklinePath([2], 10, 4)).toBe('');
});
