import type { Decision, ExperimentResult } from '../../api/types.ts';
import type { Tone } from '../../design/Badge.tsx';
import type { IconName } from '../../design/Icon.tsx';
import { hasVisitors } from './arms.ts';

/** How a decision is shown: words and an icon, so that no colour has to carry it. */
export interface DecisionLook {
  label: string;
  icon: IconName;
  tone: Tone;
}

/** The badge of a decision about `variant`, or about the whole experiment where there is none. */
export function decisionLook(decision: Decision, variant: string | null | undefined): DecisionLook {
  const subject = variant ?? 'The variant';
  switch (decision) {
    case 'better':
      return { label: `${subject} is better`, icon: 'arrowUp', tone: 'positive' };
    case 'worse':
      return { label: `${subject} is worse`, icon: 'arrowDown', tone: 'warning' };
    case 'no_practical_difference':
      return { label: 'No practical difference', icon: 'equal', tone: 'accent' };
    case 'broken':
      return { label: 'Broken', icon: 'alert', tone: 'danger' };
    case 'keep_running':
      return { label: 'Keep running', icon: 'clock', tone: 'neutral' };
  }
}

/** What stands at the top of an experiment. */
export interface VerdictView extends DecisionLook {
  sentence: string;
  decidedAt: string | null;
  /** Guardrails that got worse in some variant. */
  harmed: readonly string[];
}

/**
 * The answer of an experiment as it is shown. Before the first visitor there is no answer to show, whatever the server
 * would make of nothing.
 */
export function verdictView(experiment: ExperimentResult): VerdictView {
  const { verdict, status } = experiment;
  if (!hasVisitors(experiment)) {
    return NOBODY[status];
  }
  const look = decisionLook(verdict.decision, verdict.variant);
  const open = verdict.decision === 'keep_running' && status !== 'running';
  return {
    ...look,
    ...(open ? { label: 'No answer', icon: 'info' as const } : {}),
    sentence: verdict.sentence,
    decidedAt: verdict.decided_at ?? null,
    harmed: verdict.guardrails_harmed,
  };
}

const NOBODY: Record<ExperimentResult['status'], VerdictView> = {
  running: {
    label: 'Waiting for visitors',
    icon: 'clock',
    tone: 'neutral',
    sentence: 'Nobody has seen this experiment yet. The answer forms as visitors come.',
    decidedAt: null,
    harmed: [],
  },
  draft: {
    label: 'Not started',
    icon: 'clock',
    tone: 'neutral',
    sentence: 'This experiment is a draft: no visitor sees it before it is set to running.',
    decidedAt: null,
    harmed: [],
  },
  stopped: {
    label: 'No answer',
    icon: 'info',
    tone: 'neutral',
    sentence: 'This experiment was stopped before any visitor saw it.',
    decidedAt: null,
    harmed: [],
  },
  archived: {
    label: 'Archived',
    icon: 'info',
    tone: 'neutral',
    sentence: 'This experiment was archived before any visitor saw it.',
    decidedAt: null,
    harmed: [],
  },
};
