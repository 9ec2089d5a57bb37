import type { AiUsageTotals } from '../../api/types.ts';
import { formatCount, formatRate, MISSING } from '../../design/numbers.ts';
import type { Grouping } from './usageGroupings.ts';

/** An amount in millionths of a US dollar: whole cents from a dollar on, and for less as many digits as it has. */
export function formatCost(micros: number | null | undefined): string {
  if (micros === null || micros === undefined) {
    return MISSING;
  }
  const dollars = micros / 1e6;
  const digits = micros === 0 || dollars >= 1 ? 2 : dollars >= 0.01 ? 4 : 6;
  return new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(dollars);
}

/** What calls cost; of models without a known price it is more than that, or not known at all. */
export function costOf({ cost_micros: micros, calls_without_price: unpriced }: AiUsageTotals): string {
  if (unpriced === 0) {
    return formatCost(micros);
  }
  return micros === 0 ? 'not known' : `more than ${formatCost(micros)}`;
}

/** A duration in milliseconds with the digits that it deserves: `12 ms`, `1.2 s`, `83 s`. */
export function formatMilliseconds(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return MISSING;
  }
  if (value < 1_000) {
    return `${Math.round(value)} ms`;
  }
  return `${(value / 1_000).toFixed(value < 10_000 ? 1 : 0)} s`;
}

/** Many tokens in a short form: `950`, `12.4 K`, `3.1 M`. */
export function formatTokens(count: number): string {
  return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(count);
}

/** How many of the calls went wrong, as a share; a dash without calls. */
export function failedShare(totals: AiUsageTotals): string {
  return totals.calls === 0 ? MISSING : formatRate(totals.failed / totals.calls, 1);
}

/** The route of a task in the words of its name: `Widget analyze`, `Messages (direct)`. */
export function taskName(task: string): string {
  const direct: Record<string, string> = {
    '/v1/messages': 'Messages (direct)',
    '/v1/messages/count_tokens': 'Count tokens (direct)',
    '/v1/models': 'Models (direct)',
  };
  const words = task.replace('/api/ai/', '').replaceAll(/[/-]/g, ' ');
  return direct[task] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a hyphen stands for in each grouping. */
export function groupName(name: string, grouping: Grouping): string {
  if (grouping === 'task') {
    return taskName(name);
  }
  if (name === '(others)') {
    return 'Not told apart by the gateway';
  }
  if (name === '-') {
    return { model: 'No model was asked', workspace: 'No workspace', caller: 'Unknown caller' }[grouping];
  }
  if (grouping === 'caller') {
    return { service: 'This server', local: 'Callers on the gateway’s machine' }[name] ?? name;
  }
  return name;
}

/** In words what the four endings are, for a note under the number of calls. */
export function endingsNote(totals: AiUsageTotals): string {
  const parts = [
    [totals.answered, 'answered'],
    [totals.refused, 'refused'],
    [totals.failed, 'failed'],
    [totals.left, 'left by the caller'],
  ] as const;
  const told = parts
    .filter(([count]) => count > 0)
    .map(
      ([count, word]) =>
        `${formatCount(count)} ${word}${word === 'failed' ? ` (${failedShare(totals)})` : ''}`,
    );
  return told.length === 0 ? 'none yet' : told.join(', ');
}
