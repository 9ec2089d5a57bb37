import { describe, expect, it } from 'vitest';
import { formatAgo, formatBucket, formatClock, formatDuration, formatMoment } from './dates.ts';

const NOW = new Date('2026-11-22T19:42:07Z');

describe('formatClock', () => {
  it('shows the time of day, midnight as 00', () => {
    expect(formatClock('2026-11-22T19:42:07Z', 'UTC')).toBe('19:42:07');
    expect(formatClock('2026-11-22T00:00:00Z', 'UTC')).toBe('00:00:00');
  });

  it('shows an en dash for no or a broken time', () => {
    expect(formatClock(null)).toBe('–');
    expect(formatClock('yesterday')).toBe('–');
  });
});

describe('formatMoment', () => {
  it('shows day and minute, or an en dash', () => {
    expect(formatMoment('2026-11-22T19:42:07Z', 'UTC')).toBe('Nov 22, 2026, 19:42');
    expect(formatMoment(null)).toBe('–');
  });
});

describe('formatBucket', () => {
  it('is UTC, with the hour only for hours', () => {
    expect(formatBucket('2026-11-22T23:00:00Z', 'hour')).toBe('Nov 22, 23:00');
    expect(formatBucket('2026-11-22T00:00:00Z', 'day')).toBe('Nov 22');
    expect(formatBucket('2026-11-16T00:00:00Z', 'week')).toBe('Nov 16');
  });
});

describe('formatAgo and formatDuration', () => {
  it('use the coarsest unit', () => {
    expect(formatAgo('2026-11-22T19:42:05Z', NOW)).toBe('just now');
    expect(formatAgo('2026-11-22T19:41:30Z', NOW)).toBe('37 s ago');
    expect(formatAgo('2026-11-22T18:30:00Z', NOW)).toBe('1 h ago');
    expect(formatDuration(200_000)).toBe('2 d');
    expect(formatDuration(59.9)).toBe('59 s');
  });

  it('treats a server clock slightly ahead as now', () => {
    expect(formatAgo('2026-11-22T19:42:20Z', NOW)).toBe('just now');
  });
});
