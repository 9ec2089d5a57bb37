import { describe, expect, it } from 'vitest';
import { liftScale, placeOn, roundScale } from './liftScale.ts';

describe('liftScale', () => {
  it('holds zero, the lift and both ends of its interval on round marks', () => {
    const scale = liftScale([{ lift: 0.114, interval: { low: -0.041, high: 0.284 } }], 0.01);

    expect(scale).toEqual({ low: -0.1, high: 0.3, ticks: [-0.1, 0, 0.1, 0.2, 0.3] });
    expect(placeOn(scale, 0)).toBeCloseTo(0.25);
  });

  it('cuts off far ends, so that the lift itself stays readable', () => {
    const scale = liftScale([{ lift: 0.2, interval: { low: -0.9, high: 40 } }], 0.01);

    expect(scale.low).toBeGreaterThanOrEqual(-1);
    expect(scale.high).toBeLessThanOrEqual(1);
    expect(scale.ticks).toContain(0);
  });

  it('stands also while nothing is known', () => {
    const scale = liftScale([{ lift: null, interval: null }], 0.01);

    expect(scale.low).toBeLessThan(0);
    expect(scale.high).toBeGreaterThan(0);
    expect(scale.ticks).toContain(0);
  });

  it('never goes below losing every visitor', () => {
    expect(liftScale([{ lift: -0.97, interval: { low: -1, high: 3 } }], 0.01).low).toBe(-1);
  });
});

describe('roundScale', () => {
  it('has few marks at every size', () => {
    for (const high of [0.004, 0.03, 0.28, 1.9, 7, 60, 900]) {
      const { ticks } = roundScale(-0.3 * Math.min(high, 3), high);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(ticks).toContain(0);
    }
  });
});
