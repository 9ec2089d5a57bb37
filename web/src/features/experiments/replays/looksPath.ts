import type { ReplayLook } from '../../../api/types.ts';

/** Size of the drawing, in its own units. */
export const WIDTH = 640;
export const HEIGHT = 240;
const MARGIN = 8;

/** What is drawn of the looks of a series. */
export interface LooksDrawing {
  /** Band of the confidence sequence. */
  sequence: string;
  /** Band of the interval for one look. */
  interval: string;
  /** Line of the differences. */
  line: string;
  /** Height of zero; the scale always holds it. */
  zero: number;
  /** Looks at which the test for one look calls a difference. */
  crossings: readonly { x: number; y: number }[];
  low: number;
  high: number;
}

/**
 * The drawing of looks. The scale fits what is left of the sequence after the first fifth of the looks: its first bands
 * are so wide that nothing else could be seen; they leave the picture.
 */
export function drawLooks(looks: readonly ReplayLook[]): LooksDrawing {
  const settled = looks.slice(Math.floor(looks.length / 5));
  const low = Math.min(
    0,
    ...settled.map((look) => look.sequence.low),
    ...looks.map((look) => look.difference),
  );
  const high = Math.max(
    0,
    ...settled.map((look) => look.sequence.high),
    ...looks.map((look) => look.difference),
  );
  const first = looks[0]?.at ?? 0;
  const span = (looks.at(-1)?.at ?? 1) - first || 1;
  const x = (look: ReplayLook) => MARGIN + ((look.at - first) / span) * (WIDTH - 2 * MARGIN);
  const y = (value: number) => {
    const share = (value - low) / (high - low || 1);
    return HEIGHT - MARGIN - Math.min(1, Math.max(0, share)) * (HEIGHT - 2 * MARGIN);
  };
  const band = (of: (look: ReplayLook) => { low: number; high: number }) => {
    const upper = looks.map((look) => `${x(look).toFixed(1)},${y(of(look).high).toFixed(1)}`);
    const lower = looks.map((look) => `${x(look).toFixed(1)},${y(of(look).low).toFixed(1)}`).reverse();
    return [...upper, ...lower].join(' ');
  };
  return {
    sequence: band((look) => look.sequence),
    interval: band((look) => look.interval),
    line: looks.map((look) => `${x(look).toFixed(1)},${y(look.difference).toFixed(1)}`).join(' '),
    zero: y(0),
    crossings: looks
      .filter((look) => Math.abs(look.z) > 1.96)
      .map((look) => ({ x: x(look), y: y(look.difference) })),
    low,
    high,
  };
}
