import { expect, it } from 'vitest';
import type { ReplayLook } from '../../../api/types.ts';
import { drawLooks, HEIGHT } from './looksPath.ts';

function look(at: number, difference: number, width: number, z: number): ReplayLook {
  const around = (half: number) => ({ low: difference - half, high: difference + half });
  return { at, visitors: 100, difference, z, interval: around(width), sequence: around(2 * width) };
}

it('keeps zero in the picture and marks the looks that a single test would call', () => {
  const drawing = drawLooks([look(0, 1, 9, 0.1), look(1, 2, 1, 2.5), look(2, 1.5, 0.5, 1.2)]);
  expect(drawing.zero).toBeGreaterThan(0);
  expect(drawing.zero).toBeLessThan(HEIGHT);
  expect(drawing.crossings).toHaveLength(1);
  expect(drawing.line.split(' ')).toHaveLength(3);
  expect(drawing.sequence.split(' ')).toHaveLength(6);
  expect(`${drawing.sequence} ${drawing.interval}`).not.toMatch(/NaN|Infinity/);
});

it('draws one look, and none, without a number that is none', () => {
  for (const looks of [[], [look(3, 0, 0, 0)]]) {
    const { sequence, line, zero } = drawLooks(looks);
    expect(`${sequence} ${line} ${zero}`).not.toMatch(/NaN|Infinity/);
  }
});
