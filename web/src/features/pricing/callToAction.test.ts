import { expect, it } from 'vitest';
import { callToAction } from './callToAction.ts';

it('words the value for B and the standard for everything else', () => {
  expect(callToAction('B').button).toContain('full access');
  expect(callToAction('A')).toEqual({ button: 'Start free trial', benefit: null });
  expect(callToAction(undefined)).toEqual(callToAction('A'));
  expect(callToAction('Z')).toEqual(callToAction('A'));
});
