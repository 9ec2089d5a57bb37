import { describe, expect, it } from 'vitest';
import { metricFixture } from './experimentFixture.ts';
import { describeMetric, formatMean, formatWindow, metricLook } from './metricWords.ts';

describe('describeMetric', () => {
  it('says what is measured, up to which limit, for how long, and which way is good', () => {
    const revenue = metricFixture({ event: 'purchase', kind: 'value', cap: 500, window_seconds: 7 * 86_400 });
    expect(describeMetric(revenue)).toBe(
      'value of purchase per visitor, at most 500 each, within 7 days; more is better',
    );
    const refund = metricFixture({
      event: 'refund',
      kind: 'conversion',
      direction: 'decrease',
      cap: null,
      window_seconds: null,
    });
    expect(describeMetric(refund)).toBe('visitors with refund; less is better');
  });
});

describe('formatWindow', () => {
  it.each([
    [86_400, '1 day'],
    [36 * 3_600, '36 hours'],
    [3_600, '1 hour'],
  ])('%d seconds', (seconds, text) => {
    expect(formatWindow(seconds)).toBe(text);
  });
});

describe('formatMean', () => {
  it('is a share for a conversion, a number else, and nothing for nobody', () => {
    expect(formatMean(metricFixture({ kind: 'conversion' }), 0.1234)).toBe('12.34%');
    expect(formatMean(metricFixture({ kind: 'value' }), 12.34567)).toBe('12.35');
    expect(formatMean(metricFixture(), null)).toBe('–');
  });
});

describe('metricLook', () => {
  it('is louder about a guardrail than about another metric', () => {
    const worse = { ...metricFixture().comparisons.B!, decision: 'worse' as const };
    expect(metricLook(worse, true)).toMatchObject({ label: 'Got worse', tone: 'danger' });
    expect(metricLook(worse, false)).toMatchObject({ label: 'Worse', tone: 'warning' });
  });
});
