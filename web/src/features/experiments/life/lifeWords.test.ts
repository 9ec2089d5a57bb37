import { describe, expect, it } from 'vitest';
import type { Change } from '../../../api/types.ts';
import { lifeFixture } from './lifeFixture.ts';
import { describeRamp, formatShare, listFields, statusChanges } from './lifeWords.ts';

describe('statusChanges', () => {
  it.each([
    ['draft', ['Start…', 'Archive…']],
    ['running', ['Stop…', 'Archive…']],
    ['stopped', ['Start…', 'Archive…']],
    ['archived', ['Restore…']],
  ])('of a %s experiment', (status, labels) => {
    const life = lifeFixture({ effective: { status, traffic: 1, winner: null } });
    expect(statusChanges(life).map((change) => change.label)).toEqual(labels);
  });
});

describe('statusChanges of a retired experiment', () => {
  it('are none', () => {
    const effective = { status: 'archived', traffic: 1, winner: null };
    expect(statusChanges(lifeFixture({ effective, retired_at: '2026-11-25T12:00:00Z' }))).toEqual([]);
  });
});

describe('describeRamp', () => {
  it('says who is moved and who is not', () => {
    expect(describeRamp(0.1, 0.5)).toContain('From 10% to 50%');
    expect(describeRamp(0.1, 0.5)).toContain('nobody who does changes the variant');
    expect(describeRamp(0.5, 0.1)).toContain('see the control');
    expect(describeRamp(0.5, 0.5)).toBe('Nothing changes yet.');
  });
});

describe('formatShare', () => {
  it('has as many decimals as the share', () => {
    expect([0, 0.125, 0.3, 1].map(formatShare)).toEqual(['0%', '12.5%', '30%', '100%']);
  });
});

describe('listFields', () => {
  it('names each field with its values before and after', () => {
    const change: Change = {
      id: 1,
      at: '2026-11-25T12:00:00Z',
      by: 'Ada',
      test_id: 'one',
      action: 'edit',
      before: { traffic: 0.1, winner: null },
      after: { traffic: 0.5, winner: 'B' },
      reason: null,
    };
    expect(listFields(change)).toEqual([
      { field: 'Traffic', before: '10%', after: '50%' },
      { field: 'Winner', before: 'none', after: 'B' },
    ]);
  });
});
