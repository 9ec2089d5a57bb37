import { expect, it } from 'vitest';
import type { ReplaySeries } from '../../../api/types.ts';
import { filterSeries } from './replayFilter.ts';

function series(changes: Partial<ReplaySeries>): ReplaySeries {
  return {
    source: 's',
    experiment_id: 'abc',
    variant_id: '1',
    metric_id: '1',
    looks: 3,
    visitors: 100,
    last_z: 0,
    largest_z: 1,
    crossed_at_some_look: false,
    crossed_at_last_look: false,
    sequence_excludes_zero: false,
    ...changes,
  };
}

it('shows what was there and is gone, what the sequence found, or what a text names; the strongest first', () => {
  const lost = series({ experiment_id: 'lost', largest_z: 2.2, crossed_at_some_look: true });
  const found = series({
    experiment_id: 'found',
    largest_z: 6,
    crossed_at_some_look: true,
    crossed_at_last_look: true,
    sequence_excludes_zero: true,
  });
  const quiet = series({ experiment_id: 'quiet' });
  const all = [quiet, lost, found];

  expect(filterSeries(all, 'all', '')).toEqual([found, lost, quiet]);
  expect(filterSeries(all, 'lost', '')).toEqual([lost]);
  expect(filterSeries(all, 'sequence', '')).toEqual([found]);
  expect(filterSeries(all, 'all', ' QUI ')).toEqual([quiet]);
});
