import type { ExperimentLife } from '../../../api/types.ts';

/** A running experiment of which nothing was changed on the page. */
export function lifeFixture(changes: Partial<ExperimentLife> = {}): ExperimentLife {
  const settings = { status: 'running', traffic: 1, winner: null };
  return {
    test_id: 'kpi_scorecard_layout',
    description: 'Does a roomier scorecard help?',
    phase: 'running',
    declared: settings,
    effective: settings,
    changed: [],
    layer: null,
    layer_share: null,
    most_traffic: 1,
    start: null,
    end: null,
    variants: { A: 'compact', B: 'expanded' },
    control: 'A',
    revision: 0,
    changed_at: null,
    changed_by: null,
    retired_at: null,
    ...changes,
  };
}
