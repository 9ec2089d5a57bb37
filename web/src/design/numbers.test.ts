import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatInterval,
  formatPointDifference,
  formatQuantity,
  formatRate,
  formatSplit,
} from './numbers.ts';

describe('a missing number', () => {
  it('is an en dash everywhere, never 0', () => {
    for (const missing of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(formatCount(missing)).toBe('–');
      expect(formatRate(missing)).toBe('–');
      expect(formatPointDifference(missing, 0.1)).toBe('–');
      expect(formatPointDifference(0.1, missing)).toBe('–');
    }
    expect(formatInterval(null)).toBe('–');
  });
});

describe('formatRate', () => {
  it('keeps two decimals, also above 100 %', () => {
    expect(formatRate(0)).toBe('0.00%');
    expect(formatRate(0.12345)).toBe('12.35%');
    expect(formatRate(12.5)).toBe('1,250.00%');
  });
});

describe('formatInterval', () => {
  it('shows both bounds', () => {
    expect(formatInterval({ low: 0.1012, high: 0.15 })).toBe('10.1% – 15.0%');
  });
});

describe('formatPointDifference', () => {
  it('carries a sign unless it rounds to zero', () => {
    expect(formatPointDifference(0.35, 0.15)).toBe('+20.00');
    expect(formatPointDifference(0.15, 0.35)).toBe('−20.00');
    expect(formatPointDifference(0.2, 0.200001)).toBe('0.00');
  });
});

describe('formatSplit and formatQuantity', () => {
  it('join shares and agree with their number', () => {
    expect(formatSplit([0.5, 0.5])).toBe('50 / 50');
    expect(formatSplit([1 / 3, 2 / 3])).toBe('33.3 / 66.7');
    expect(formatQuantity(1, 'visitor')).toBe('1 visitor');
    expect(formatQuantity(1200, 'visitor')).toBe('1,200 visitors');
  });
});
