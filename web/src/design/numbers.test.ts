import { describe, expect, it } from 'vitest';
import {
  formatChance,
  formatCount,
  formatInterval,
  formatOpenInterval,
  formatPointDifference,
  formatPValue,
  formatQuantity,
  formatRate,
  formatSignedRate,
  formatSplit,
} from './numbers.ts';

describe('a missing number', () => {
  it('is an en dash everywhere, never 0', () => {
    for (const missing of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(formatCount(missing)).toBe('–');
      expect(formatRate(missing)).toBe('–');
      expect(formatSignedRate(missing)).toBe('–');
      expect(formatChance(missing)).toBe('–');
      expect(formatPValue(missing)).toBe('–');
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

describe('formatSignedRate and formatOpenInterval', () => {
  it('carry signs, and name the end that is known', () => {
    expect(formatSignedRate(0.1234)).toBe('+12.3%');
    expect(formatSignedRate(-0.04)).toBe('−4.0%');
    expect(formatSignedRate(-0.00001)).toBe('0.0%');
    expect(formatOpenInterval({ low: -0.041, high: 12.5 })).toBe('−4.1% to +1,250.0%');
    expect(formatOpenInterval({ low: 0.04, high: null })).toBe('above +4.0%');
    expect(formatOpenInterval({ low: null, high: 0.09 })).toBe('below +9.0%');
    expect(formatOpenInterval({ low: null, high: null })).toBe('–');
    expect(formatOpenInterval(null)).toBe('–');
  });
});

describe('formatChance', () => {
  it('never rounds to certainty', () => {
    expect(formatChance(0.942)).toBe('94.2%');
    expect(formatChance(1)).toBe('> 99.9%');
    expect(formatChance(0.99999)).toBe('> 99.9%');
    expect(formatChance(0.00001)).toBe('< 0.1%');
  });
});

describe('formatPValue', () => {
  it('keeps as many decimals as the value deserves', () => {
    expect(formatPValue(1)).toBe('1.00');
    expect(formatPValue(0.42)).toBe('0.42');
    expect(formatPValue(0.0134)).toBe('0.013');
    expect(formatPValue(0.0004)).toBe('0.0004');
    expect(formatPValue(0.0000001)).toBe('< 0.0001');
  });
});
