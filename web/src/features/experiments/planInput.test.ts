import { describe, expect, it } from 'vitest';
import { experimentFixture } from './experimentFixture.ts';
import { planQuestion, startingPlan } from './planInput.ts';

const INPUT = { liftPercent: 10, basePercent: '16.6', power: '0.8' };

describe('startingPlan', () => {
  it('starts at the control’s rate, and empty without one', () => {
    expect(startingPlan(experimentFixture()).basePercent).toBe('15');
    expect(startingPlan(experimentFixture({ compared: {} })).basePercent).toBe('');
  });
});

describe('planQuestion', () => {
  it('asks in ratios, and takes a comma and a percent sign', () => {
    const request = { relative_lift: 0.1, base_rate: 0.166, power: 0.8 };

    expect(planQuestion(INPUT).request).toEqual(request);
    expect(planQuestion({ ...INPUT, basePercent: ' 16,6% ' }).request).toEqual(request);
  });

  it('says what is wrong before the server is asked', () => {
    for (const basePercent of ['', 'many', '0', '-3', '100']) {
      expect(planQuestion({ ...INPUT, basePercent }).fault).toMatch(/above 0 and below 100/);
    }
    expect(planQuestion({ ...INPUT, basePercent: '95' }).fault).toMatch(/more than every visitor/);
  });
});
