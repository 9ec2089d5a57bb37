import { MISSING } from './numbers.ts';

const LOCALE = 'en-US';

function parse(iso: string | null | undefined): Date | null {
  const date = iso ? new Date(iso) : null;
  return date && !Number.isNaN(date.getTime()) ? date : null;
}

/** Time of day with seconds in the reader's zone (`19:42:07`), or an en dash. */
export function formatClock(iso: string | null | undefined, timeZone?: string): string {
  const date = parse(iso);
  return date
    ? new Intl.DateTimeFormat(LOCALE, {
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
        hourCycle: 'h23',
        ...(timeZone ? { timeZone } : {}),
      }).format(date)
    : MISSING;
}

/** Day and minute in the reader's zone (`Nov 22, 2026, 19:42`), or an en dash. */
export function formatMoment(iso: string | null | undefined, timeZone?: string): string {
  const date = parse(iso);
  return date
    ? new Intl.DateTimeFormat(LOCALE, {
        year: 'numeric',
        month: 'short',
        day: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        ...(timeZone ? { timeZone } : {}),
      }).format(date)
    : MISSING;
}

/**
 * A step of a history in UTC, the zone the server cuts its hours, days and weeks in: `Nov 22, 19:00`, `Nov 22`, or for
 * a week its first day.
 */
export function formatBucket(iso: string, grain: 'hour' | 'day' | 'week'): string {
  const date = parse(iso);
  if (!date) {
    return MISSING;
  }
  const day = new Intl.DateTimeFormat(LOCALE, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(
    date,
  );
  return grain !== 'hour' ? day : `${day}, ${date.toISOString().slice(11, 16)}`;
}

/** How long ago something was, in the coarsest unit that says it: `just now`, `12 s ago`, `3 min ago`, `5 h ago`, `2 d ago`. */
export function formatAgo(iso: string | null | undefined, now: Date): string {
  const date = parse(iso);
  if (!date) {
    return MISSING;
  }
  const seconds = Math.floor((now.getTime() - date.getTime()) / 1000);
  if (seconds < 5) {
    return 'just now';
  }
  return `${formatDuration(seconds)} ago`;
}

/** A duration in seconds in its coarsest unit: `42 s`, `3 min`, `5 h`, `2 d`. */
export function formatDuration(seconds: number): string {
  const steps: [number, string][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ];
  for (const [length, unit] of steps) {
    if (seconds >= length) {
      return `${Math.floor(seconds / length)} ${unit}`;
    }
  }
  return `${Math.max(0, Math.floor(seconds))} s`;
}
