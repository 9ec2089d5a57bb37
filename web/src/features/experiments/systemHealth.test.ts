import { expect, it } from 'vitest';
import { describeDefinitions, describeMirror, describeWriter } from './systemHealth.ts';

const NOW = new Date('2026-11-22T19:42:07Z');

it('describes a writer that commits and one that does not', () => {
  const writer = {
    status: 'ok' as const,
    queued: 0,
    queue_capacity: 10_000,
    committed_records: 12,
    last_commit_at: '2026-11-22T19:41:55Z',
    last_error: null,
  };

  expect(describeWriter(writer, NOW)).toEqual({
    tone: 'positive',
    headline: 'Committing',
    figures: '0 of 10,000 queued, last commit 12 s ago',
    problem: null,
  });
  expect(
    describeWriter({ ...writer, status: 'degraded', last_commit_at: null, last_error: 'disk full' }, NOW),
  ).toMatchObject({
    tone: 'danger',
    figures: '0 of 10,000 queued, nothing written since start',
    problem: 'disk full',
  });
});

it('describes refused definitions and every state of the mirror', () => {
  expect(
    describeDefinitions(
      {
        status: 'error',
        file: 'tests.json',
        loaded_at: '2026-11-22T18:42:07Z',
        experiments: 3,
        problem: { detail: 'not valid', errors: [] },
        warnings: [],
      },
      NOW,
    ),
  ).toMatchObject({ tone: 'danger', figures: '3 experiments, loaded 1 h ago' });
  expect(
    describeMirror({ status: 'catching_up', last_exposure_id: 1_024, last_event_id: 0, problem: null }),
  ).toMatchObject({ tone: 'warning', figures: 'up to exposure 1,024 and event 0' });
  expect(describeMirror({ status: 'elsewhere', last_exposure_id: 0, last_event_id: 0 })).toEqual({
    tone: 'neutral',
    headline: 'Kept by another process',
    figures: 'That process knows how far they are',
    problem: null,
  });
});
