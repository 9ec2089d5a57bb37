import type { EventResponse } from '../../api/types.ts';

/** What became of an event: on its way, counted, kept without counting, or not stored. */
export interface Outcome {
  state: 'pending' | 'counted' | 'kept' | 'failed';
  text: string;
}

/** The server's answer to an event in words. */
export function describeOutcome(answer: EventResponse): Outcome {
  const where = `${answer.testId ?? 'no experiment'}, variant ${answer.variant ?? '–'}`;
  const warning = answer.warnings?.[0]?.detail;
  if (answer.deduplicated) {
    return { state: 'kept', text: `Already stored before: kept once (${where})` };
  }
  return answer.counted
    ? { state: 'counted', text: `Counts for ${where}` }
    : { state: 'kept', text: warning ?? `Kept, but not counted (${where})` };
}
