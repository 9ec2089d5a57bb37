import { formatShare } from './lifeWords.ts';

/** A typed percentage: the share, or what is wrong with it. */
export interface PercentInput {
  share: number | null;
  fault?: string;
}

/** Reads a percentage from 0 to `most`, with a comma or a point. */
export function parsePercent(text: string, most: number): PercentInput {
  const share = Number(text.trim().replace(',', '.')) / 100;
  if (text.trim() === '' || !Number.isFinite(share) || share < 0 || share > most) {
    return { share: null, fault: `Enter a number from 0 to ${formatShare(most).slice(0, -1)}` };
  }
  return { share: Math.round(share * 1_000_000) / 1_000_000 };
}
