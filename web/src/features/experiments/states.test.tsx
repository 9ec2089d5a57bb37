import type { ReactElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { DataQuality } from './DataQuality.tsx';
import { verdictView } from './decisions.ts';
import { comparisonFixture, experimentFixture } from './experimentFixture.ts';
import { listArms } from './arms.ts';
import { LiftPlot } from './LiftPlot.tsx';
import { listTreatments } from './treatments.ts';
import { VariantTable } from './VariantTable.tsx';
import { VerdictBanner } from './VerdictBanner.tsx';
import type { ExperimentResult } from '../../api/types.ts';

/** What can be read of an element, and its names for screen readers. */
function read(element: ReactElement): string {
  const markup = renderToStaticMarkup(element);
  const names = [...markup.matchAll(/aria-label="([^"]*)"/g)].map((match) => match[1]);
  return [...names, markup.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')].join(' | ');
}

function plot(experiment: ExperimentResult): string {
  const [control] = listArms(experiment);
  return control
    ? read(<LiftPlot testId="t" control={control} treatments={listTreatments(experiment)} margin={0.01} />)
    : '';
}

const LIFT = comparisonFixture({
  lift: 0.2,
  lift_interval: { low: 0.05, high: null },
  bayesian: { chance_to_beat_control: 0.99999, expected_loss: 0, lift_interval: { low: 0.1, high: 0.3 } },
});

describe('the verdict', () => {
  it('says when it was decided, in both ways', () => {
    const verdict = { ...verdictView(experimentFixture()), decidedAt: '2026-11-22T12:00:00Z' };
    const words = read(<VerdictBanner verdict={verdict} at="2026-11-22T12:03:10Z" />);

    expect(words).toContain('3 min ago, Nov 22, 2026');
  });

  it('shows no date while nothing is decided', () => {
    const verdict = verdictView(experimentFixture());

    expect(read(<VerdictBanner verdict={verdict} at="2026-11-22T12:03:10Z" />)).not.toContain('Decided');
  });
});

describe('the plot of lifts', () => {
  it('says in words what it draws, an open end among it', () => {
    expect(plot(experimentFixture({ comparisons: { B: LIFT } }))).toContain(
      'Lift against A. B: +20.0%, interval above +5.0%.',
    );
  });

  it('says that nothing is known instead of drawing a zero', () => {
    const words = plot(experimentFixture());

    expect(words).toContain('Not known yet: a lift needs visitors in both variants');
    expect(words).not.toMatch(/\d%/);
  });
});

describe('the plot of several lifts', () => {
  it('keeps a row for the one that is not known, and gives each its decision', () => {
    const experiment = experimentFixture({
      variants: { A: 'old', B: 'new', C: 'newest' },
      comparisons: { B: { ...LIFT, decision: 'better' }, C: comparisonFixture() },
    });
    const words = plot(experiment);

    expect(words).toContain('B: +20.0%, interval above +5.0%. C: not known yet.');
    expect(words).toContain('B is better');
    expect(words).toContain('Keep running');
  });
});

describe('the table of variants', () => {
  it('shows lift and chance beside the rates, none for the control', () => {
    const experiment = experimentFixture();
    const words = read(<VariantTable testId="t" arms={listArms(experiment)} comparisons={{ B: LIFT }} />);

    expect(words).toContain('+20.0%');
    expect(words).toContain('above +5.0%');
    expect(words).toContain('&gt; 99.9%');
  });
});

describe('data quality', () => {
  it('is quiet when all is well', () => {
    const words = read(<DataQuality experiment={experimentFixture()} />);

    expect(words).toContain('all 9 checks are quiet');
    expect(words).toContain('Sample ratio: as designed');
    expect(words).not.toContain('mismatch');
  });

  it('is clear about a mismatch, with observed and expected visitors', () => {
    const experiment = experimentFixture({
      sample_ratio: {
        status: 'mismatch',
        p_value: 0.0001,
        found_at: '2026-11-22T12:00:00Z',
        observed: { A: 3812, B: 3106 },
        expected: { A: 3459, B: 3459 },
      },
    });
    const words = read(<DataQuality experiment={experiment} />);

    expect(words).toContain('1 of 9 checks deserve a look');
    expect(words).toContain('do not read the rates');
    expect(words).toContain('3,812');
    expect(words).toContain('3,459');
  });
});
