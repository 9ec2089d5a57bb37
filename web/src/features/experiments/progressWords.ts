import type { ExperimentResult } from '../../api/types.ts';
import { formatCount, formatQuantity, MISSING } from '../../design/numbers.ts';
import { hasVisitors } from './arms.ts';
import { comparedVisitors } from './treatments.ts';

/** How far an experiment is, in words; a number that is not known says why. */
export interface ProgressWords {
  visitors: number;
  perDay: { value: string; note: string };
  planned: { value: string; note: string };
  needed: { value: string; note: string };
  days: { value: string; note: string };
  /** How far towards the plan, or else towards the needed number. Null without either. */
  bar: { value: number; text: string } | null;
}

/** Puts the progress of an experiment into words. */
export function progressWords(experiment: ExperimentResult): ProgressWords {
  const { progress } = experiment;
  const visitors = comparedVisitors(experiment);
  const planned = progress.planned_visitors ?? null;
  const needed = progress.needed_visitors ?? null;
  const target = planned ?? needed;
  const aim = planned === null ? 'typically needed' : 'planned';
  return {
    visitors,
    perDay: perDay(progress.visitors_per_day ?? null),
    planned:
      planned === null
        ? { value: MISSING, note: 'no plan in the file; the calculator helps to make one' }
        : { value: formatCount(planned), note: 'all variants together' },
    needed: neededWords(experiment, needed, visitors),
    days: daysWords(experiment, needed, visitors),
    bar:
      target === null || target <= 0
        ? null
        : {
            value: visitors / target,
            text: `${formatQuantity(visitors, 'visitor')} of ${formatCount(target)} ${aim}`,
          },
  };
}

function perDay(value: number | null): { value: string; note: string } {
  return value === null
    ? { value: MISSING, note: 'not known yet: needs a first full day (UTC)' }
    : { value: formatCount(value), note: 'average of the last full days, seven at most' };
}

function neededWords(experiment: ExperimentResult, needed: number | null, visitors: number) {
  if (needed === null) {
    return {
      value: MISSING,
      note: whyNotNeeded(experiment),
    };
  }
  const overdue = isOpen(experiment) && visitors > needed;
  return {
    value: formatCount(needed),
    note: overdue
      ? 'half of such experiments have decided by now; yours may need more'
      : 'half of such experiments have decided by then',
  };
}

function daysWords(experiment: ExperimentResult, needed: number | null, visitors: number) {
  const { decision } = experiment.verdict;
  if (decision === 'broken') {
    return { value: MISSING, note: 'no decision while the split is broken' };
  }
  if (!isOpen(experiment)) {
    return {
      value: 'Decided',
      note:
        decision === 'no_practical_difference'
          ? 'any difference there is, is too small to matter'
          : 'the decision stays, however long it runs on',
    };
  }
  if (experiment.status !== 'running') {
    return { value: MISSING, note: 'the experiment is not running' };
  }
  const days = experiment.progress.days_to_decision ?? null;
  if (days !== null) {
    return needed !== null && visitors >= needed
      ? { value: 'Any day', note: 'it has as many visitors as are typically needed' }
      : { value: daysText(days), note: 'if rate, lift and traffic stay as they are' };
  }
  return {
    value: MISSING,
    note: needed === null ? whyNotNeeded(experiment) : 'not known yet: needs a first full day (UTC)',
  };
}

function whyNotNeeded(experiment: ExperimentResult): string {
  if (!hasVisitors(experiment)) {
    return 'not known before the first visitors';
  }
  const hasLift = Object.values(experiment.comparisons).some(({ lift }) => typeof lift === 'number');
  return hasLift
    ? 'not known: the numbers point to no difference so far'
    : 'not known before there are conversions to compare';
}

function isOpen(experiment: ExperimentResult): boolean {
  return experiment.verdict.decision === 'keep_running';
}

/** Days rounded up, since a part of a day still takes that day: `< 1 day`, `12 days`, `more than 2 years`. */
export function daysText(days: number): string {
  if (days < 1) {
    return '< 1 day';
  }
  return days > 730 ? 'more than 2 years' : formatQuantity(Math.ceil(days), 'day');
}
