import { describe, expect, it } from 'vitest';
import { decisionLook, verdictView } from './decisions.ts';
import { experimentFixture } from './experimentFixture.ts';

describe('decisionLook', () => {
  it('gives every decision words and an icon of its own', () => {
    const looks = (['keep_running', 'better', 'worse', 'no_practical_difference', 'broken'] as const).map(
      (decision) => decisionLook(decision, 'B'),
    );

    expect(looks.map((look) => look.label)).toEqual([
      'Keep running',
      'B is better',
      'B is worse',
      'No practical difference',
      'Broken',
    ]);
    expect(new Set(looks.map((look) => look.icon)).size).toBe(5);
  });
});

describe('verdictView', () => {
  it('shows the server’s sentence and when it was decided', () => {
    const view = verdictView(
      experimentFixture({
        verdict: {
          decision: 'better',
          variant: 'B',
          decided_at: '2026-11-22T23:50:08Z',
          sentence: 'Variant B converts more visitors than A.',
          guardrails_harmed: [],
        },
      }),
    );

    expect(view).toMatchObject({
      label: 'B is better',
      tone: 'positive',
      sentence: 'Variant B converts more visitors than A.',
      decidedAt: '2026-11-22T23:50:08Z',
    });
  });

  it('gives no answer where nobody has been, whatever the server makes of nothing', () => {
    expect(verdictView(experimentFixture({ results: {} })).label).toBe('Waiting for visitors');
    expect(verdictView(experimentFixture({ results: {}, status: 'draft' })).label).toBe('Not started');
    expect(verdictView(experimentFixture({ results: {}, status: 'stopped' })).label).toBe('No answer');
  });

  it('does not advise to keep running what has stopped', () => {
    expect(verdictView(experimentFixture({ status: 'stopped' })).label).toBe('No answer');
    expect(verdictView(experimentFixture()).label).toBe('Keep running');
  });
});
