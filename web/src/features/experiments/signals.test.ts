import { expect, it } from 'vitest';
import { experimentFixture } from './experimentFixture.ts';
import { listSignals } from './signals.ts';

it('lists every kind of irregularity, each with its meaning and what to do', () => {
  const { health } = experimentFixture();
  const signals = listSignals({ ...health, bots: 3 });

  expect(signals.map((signal) => signal.id).sort()).toEqual(Object.keys(health).sort());
  expect(signals.filter((signal) => signal.count > 0).map((signal) => signal.label)).toEqual(['Bots']);
  for (const { meaning, advice } of signals) {
    expect(meaning).toMatch(/\.$/);
    expect(advice).toMatch(/\.$|\?$/);
  }
});
