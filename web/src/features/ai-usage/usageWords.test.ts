import { describe, expect, it } from 'vitest';
import { NOTHING } from './usageFixture.ts';
import { costOf, formatCost, formatMilliseconds, groupName, taskName } from './usageWords.ts';

describe('words of usage', () => {
  it('shows small amounts of money with the digits they have', () => {
    expect([0, 450, 12_345, 1_234_567, 2_500_000_000].map((micros) => formatCost(micros))).toEqual([
      '$0.00',
      '$0.00045',
      '$0.0123',
      '$1.23',
      '$2,500.00',
    ]);
    expect(formatCost(null)).toBe('–');
  });

  it('never shows as free what has no known price', () => {
    expect(costOf(NOTHING)).toBe('$0.00');
    expect(costOf({ ...NOTHING, calls: 1, calls_without_price: 1 })).toBe('not known');
    expect(costOf({ ...NOTHING, calls: 2, calls_without_price: 1, cost_micros: 1_500_000 })).toBe(
      'more than $1.50',
    );
  });

  it('shows durations in the unit that fits', () => {
    expect([12.4, 999, 1_240, 83_000].map((value) => formatMilliseconds(value))).toEqual([
      '12 ms',
      '999 ms',
      '1.2 s',
      '83 s',
    ]);
    expect(formatMilliseconds(null)).toBe('–');
  });

  it('names tasks and what no name was given for', () => {
    expect(taskName('/api/ai/custom-data/detect-schema')).toBe('Custom data detect schema');
    expect(taskName('/v1/messages')).toBe('Messages (direct)');
    expect(groupName('-', 'workspace')).toBe('No workspace');
    expect(groupName('(others)', 'workspace')).toBe('Not told apart by the gateway');
    expect(groupName('service', 'caller')).toBe('This server');
    expect(groupName('claude-haiku-5-5', 'model')).toBe('claude-haiku-5-5');
  });
});
