import {
  formatInterval,
  formatOpenInterval,
  formatRate,
  formatSignedRate,
  MISSING,
} from '../../design/numbers.ts';
import type { HistorySpot, HistoryView } from './historySeries.ts';

/** One step of a history in words: the value and its interval. */
export function spotWords(
  spot: HistorySpot | undefined,
  view: HistoryView,
): { value: string; interval: string } {
  if (!spot) {
    return { value: MISSING, interval: MISSING };
  }
  const { value, bounded, low, high } = spot;
  if (view === 'lift') {
    const open = bounded && low === null && high === null;
    return {
      value: formatSignedRate(value),
      interval: open ? 'any size possible' : formatOpenInterval(bounded ? { low, high } : null),
    };
  }
  return {
    value: formatRate(value),
    interval: low === null || high === null ? MISSING : formatInterval({ low, high }),
  };
}
