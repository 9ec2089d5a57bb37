import { expect, it } from 'vitest';
import { healthNotes } from './healthNotes.ts';

const QUIET = { false_variants: 0, early_events: 0, several_variants: 0, stopped_events: 0 };

it('says nothing when nothing is irregular', () => {
  expect(healthNotes(QUIET)).toEqual([]);
});

it('names each irregularity with its effect and the right number', () => {
  const notes = healthNotes({ ...QUIET, early_events: 1, several_variants: 1200 });

  expect(notes).toEqual([
    '1,200 visitors saw more than one variant. Each counts once, under the variant seen first.',
    '1 target event came before the visitor’s exposure and is left out of every rate.',
  ]);
});
