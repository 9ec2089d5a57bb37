import { expect, it } from 'vitest';
import { describeOutcome } from './outcome.ts';

const ANSWER = {
  success: true as const,
  message: 'ok',
  event: 'kpi_click',
  testId: 'kpi_scorecard_layout',
  variant: 'B',
  deduplicated: false,
  counted: true,
  warnings: [],
};

it('says where an event counts', () => {
  expect(describeOutcome(ANSWER)).toEqual({
    state: 'counted',
    text: 'Counts for kpi_scorecard_layout, variant B',
  });
});

it('passes on why an event does not count', () => {
  const answer = {
    ...ANSWER,
    counted: false,
    warnings: [{ code: 'stopped', detail: 'the test is stopped' }],
  };

  expect(describeOutcome(answer)).toEqual({ state: 'kept', text: 'the test is stopped' });
});

it('calls a repeat a repeat', () => {
  expect(describeOutcome({ ...ANSWER, deduplicated: true }).text).toContain('kept once');
});
