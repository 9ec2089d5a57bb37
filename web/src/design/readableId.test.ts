import { expect, it } from 'vitest';
import { readableId } from './readableId.ts';

it('makes a heading of an id', () => {
  expect(readableId('kpi_scorecard_layout')).toBe('KPI scorecard layout');
  expect(readableId('pricing_cta_upgrade')).toBe('Pricing CTA upgrade');
  expect(readableId('value-cta')).toBe('Value CTA');
});
