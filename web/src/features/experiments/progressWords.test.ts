import { describe, expect, it } from 'vitest';
import { comparisonFixture, experimentFixture } from './experimentFixture.ts';
import { daysText, progressWords } from './progressWords.ts';

const KNOWN = { visitors_per_day: 40, planned_visitors: null, needed_visitors: 500, days_to_decision: 10 };

describe('progressWords', () => {
  it('says why a number is not known yet', () => {
    const words = progressWords(experimentFixture());

    expect(words.perDay).toEqual({ value: '–', note: 'not known yet: needs a first full day (UTC)' });
    expect(words.needed.note).toBe('not known before there are conversions to compare');
    expect(words.days).toEqual(words.needed);
    expect(words.bar).toBeNull();
  });

  it('says that nothing points to a difference, and that nobody has come', () => {
    const flat = experimentFixture({ comparisons: { B: comparisonFixture({ lift: 0.001 }) } });

    expect(progressWords(flat).needed.note).toBe('not known: the numbers point to no difference so far');
    expect(progressWords(experimentFixture({ results: {} })).needed.note).toMatch(/first visitors/);
  });

  it('knows what is needed before it knows how long that takes', () => {
    const words = progressWords(
      experimentFixture({ progress: { ...KNOWN, visitors_per_day: null, days_to_decision: null } }),
    );

    expect(words.needed.value).toBe('500');
    expect(words.days).toEqual({ value: '–', note: 'not known yet: needs a first full day (UTC)' });
    expect(words.bar).toEqual({ value: 0.2, text: '100 visitors of 500 typically needed' });
  });

  it('measures against the plan where there is one', () => {
    const words = progressWords(experimentFixture({ progress: { ...KNOWN, planned_visitors: 1000 } }));

    expect(words.bar).toEqual({ value: 0.1, text: '100 visitors of 1,000 planned' });
    expect(words.days.value).toBe('10 days');
  });

  it('stops counting days once it is decided, stopped or broken', () => {
    const verdict = experimentFixture().verdict;
    const days = (changes: Parameters<typeof experimentFixture>[0]) =>
      progressWords(experimentFixture({ progress: KNOWN, ...changes })).days;

    expect(days({ verdict: { ...verdict, decision: 'better' } }).value).toBe('Decided');
    expect(days({ verdict: { ...verdict, decision: 'broken' } }).note).toMatch(/split is broken/);
    expect(days({ status: 'stopped' }).note).toMatch(/not running/);
  });
});

it('rounds days up', () => {
  expect(daysText(0.2)).toBe('< 1 day');
  expect(daysText(1)).toBe('1 day');
  expect(daysText(11.3)).toBe('12 days');
  expect(daysText(5000)).toBe('more than 2 years');
});
