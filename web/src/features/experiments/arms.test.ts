import { describe, expect, it } from 'vitest';
import { hasVisitors, intervalScale, listArms, rateOf, sumResults } from './arms.ts';
import { experimentFixture } from './experimentFixture.ts';

describe('listArms', () => {
  it('puts the control first, whatever its letter', () => {
    const arms = listArms(
      experimentFixture({
        control: 'C',
        variants: { A: 'one', B: 'two', C: 'old' },
        shares: {},
        results: {},
      }),
    );

    expect(arms.map((arm) => arm.letter)).toEqual(['C', 'A', 'B']);
    expect(arms.map((arm) => arm.place)).toEqual([0, 1, 2]);
    expect(arms[0]).toMatchObject({ control: true, share: null, result: null });
  });
});

describe('rateOf', () => {
  it('is missing while nobody has seen the variant', () => {
    const [seen, unseen] = listArms(experimentFixture());

    expect(seen && rateOf(seen, 'unique_conversion_rate')).toBe(0.15);
    expect(unseen && rateOf(unseen, 'unique_conversion_rate')).toBeNull();
    expect(unseen && rateOf(unseen, 'conversion_rate')).toBeNull();
  });
});

describe('intervalScale', () => {
  it('is the next round share above every interval', () => {
    expect(intervalScale(listArms(experimentFixture()))).toBe(0.25);
    expect(intervalScale([])).toBeNull();
  });
});

describe('hasVisitors and sumResults', () => {
  it('look at every variant', () => {
    expect(hasVisitors(experimentFixture())).toBe(true);
    expect(hasVisitors(experimentFixture({ results: {} }))).toBe(false);
    expect(sumResults([experimentFixture(), experimentFixture()], 'converters')).toBe(30);
    expect(sumResults([], 'events')).toBeNull();
  });
});
