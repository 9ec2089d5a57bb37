import type { ExperimentHealth } from '../../api/types.ts';
import { formatQuantity } from '../../design/numbers.ts';

/** The irregularities of an experiment in plain words: what happened and what it does to the numbers. None when all is well. */
export function healthNotes(health: ExperimentHealth): string[] {
  const notes: [number, (count: number) => string][] = [
    [
      health.several_variants,
      (count) =>
        `${formatQuantity(count, 'visitor')} saw more than one variant. Each counts once, under the variant seen first.`,
    ],
    [
      health.early_events,
      (count) =>
        `${formatQuantity(count, 'target event')} came before the visitor’s exposure and ${count === 1 ? 'is' : 'are'} left out of every rate.`,
    ],
    [
      health.false_variants,
      (count) =>
        `${formatQuantity(count, 'event')} named another variant than the visitor’s own and ${count === 1 ? 'counts' : 'count'} under the true one.`,
    ],
    [
      health.stopped_events,
      (count) =>
        `${formatQuantity(count, 'event')} arrived after the experiment was stopped: kept, but not counted.`,
    ],
  ];
  return notes.filter(([count]) => count > 0).map(([count, sentence]) => sentence(count));
}
