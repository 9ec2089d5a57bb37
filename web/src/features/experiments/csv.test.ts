import { describe, expect, it } from 'vitest';
import type { ResultsResponse } from '../../api/types.ts';
import { csvCell, csvFileName, resultsCsv } from './csv.ts';
import { comparisonFixture, experimentFixture } from './experimentFixture.ts';

function table(experiment: ReturnType<typeof experimentFixture>): Record<string, string>[] {
  const results = { generated_at: '2026-11-22T23:50:08Z', experiments: [experiment] } as ResultsResponse;
  const [header = [], ...rows] = resultsCsv(results)
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  return rows.map((row) => Object.fromEntries(header.map((name, place) => [name, row[place] ?? ''])));
}

describe('resultsCsv', () => {
  it('has one line per variant with plain numbers', () => {
    const comparison = comparisonFixture({ lift: -0.25, lift_interval: { low: -0.5, high: null } });
    const [control, treatment] = table(experimentFixture({ comparisons: { B: comparison } }));

    expect(control).toMatchObject({
      variant: 'A',
      exposures: '100',
      unique_conversion_rate: '0.15',
      lift: '',
    });
    expect(treatment).toMatchObject({ variant: 'B', lift: '-0.25', lift_low: '-0.5', lift_high: '' });
  });

  it('leaves a rate of nobody empty', () => {
    const [, treatment] = table(experimentFixture());

    expect(treatment).toMatchObject({ exposures: '0', unique_conversion_rate: '', conversion_rate: '' });
  });
});

describe('csvCell', () => {
  it('makes no formula of a text, and leaves numbers alone', () => {
    expect(csvCell('=HYPERLINK("http://x")')).toBe('"\'=HYPERLINK(""http://x"")"');
    for (const sign of ['+', '-', '@', '\t']) {
      expect(csvCell(`${sign}cmd`)).toBe(`'${sign}cmd`);
    }
    expect(csvCell(-0.25)).toBe('-0.25');
    expect(csvCell(Number.NaN)).toBe('');
  });

  it('quotes what would break the line', () => {
    expect(csvCell('a,b')).toBe('"a,b"');
    expect(csvCell('two\nlines')).toBe('"two\nlines"');
  });
});

it('names the file by the minute of the numbers', () => {
  expect(csvFileName('2026-11-22T23:50:08.227Z')).toBe('dashly-experiments-2026-11-22-2350.csv');
});
