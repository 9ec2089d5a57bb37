import type { MetricComparison, MetricResult } from '../../api/types.ts';
import type { DecisionLook } from './decisions.ts';

const MEASURES: Record<MetricResult['kind'], (event: string) => string> = {
  conversion: (event) => `visitors with ${event}`,
  count: (event) => `${event} per visitor`,
  value: (event) => `value of ${event} per visitor`,
};

/** What a metric measures and which way is good, such as "value of purchase per visitor, at most 500 each". */
export function describeMetric(metric: MetricResult): string {
  const limit =
    metric.cap === null || metric.cap === undefined ? '' : `, at most ${NUMBER.format(metric.cap)} each`;
  const window =
    metric.window_seconds === null || metric.window_seconds === undefined
      ? ''
      : `, within ${formatWindow(metric.window_seconds)}`;
  const good = metric.direction === 'increase' ? 'more is better' : 'less is better';
  return `${MEASURES[metric.kind](metric.event)}${limit}${window}; ${good}`;
}

/** Whole days where they are whole, else hours, as `tests.json` takes them. */
export function formatWindow(seconds: number): string {
  const hours = Math.round(seconds / 3_600);
  const [count, unit] = hours % 24 === 0 ? [hours / 24, 'day'] : [hours, 'hour'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** A mean per visitor: a share for a conversion, else a number with as many digits as say something. */
export function formatMean(metric: MetricResult, mean: number | null | undefined): string {
  if (mean === null || mean === undefined) {
    return '–';
  }
  return metric.kind === 'conversion' ? SHARE.format(mean) : MEAN.format(mean);
}

/** How the decision about a metric of one variant is shown. */
export function metricLook(comparison: MetricComparison, guardrail: boolean): DecisionLook {
  switch (comparison.decision) {
    case 'better':
      return { label: 'Better', icon: 'arrowUp', tone: 'positive' };
    case 'worse':
      return {
        label: guardrail ? 'Got worse' : 'Worse',
        icon: 'alert',
        tone: guardrail ? 'danger' : 'warning',
      };
    case 'no_practical_difference':
      return { label: 'No practical difference', icon: 'equal', tone: 'accent' };
    default:
      return { label: guardrail ? 'Nothing wrong so far' : 'Not known yet', icon: 'clock', tone: 'neutral' };
  }
}

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const MEAN = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });
const SHARE = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 2 });
