import { describe, expect, it } from 'vitest';
import { DEFAULT_NEXT, safeNext } from './safeNext.ts';

describe('safeNext', () => {
  it('keeps paths of this install', () => {
    expect(safeNext('/pricing')).toBe('/pricing');
    expect(safeNext('/admin/experiments?view=all#top')).toBe('/admin/experiments?view=all#top');
  });

  it.each([
    'https://elsewhere.example/',
    '//elsewhere.example/',
    '/\\elsewhere.example',
    '\\/elsewhere.example',
    '/\t/elsewhere.example',
    '/./\n/elsewhere.example',
    '/.//elsewhere.example',
    'javascript:alert(1)',
    'admin/experiments',
    '',
  ])('refuses %j', (next) => {
    expect(safeNext(next)).toBe(DEFAULT_NEXT);
  });

  it('refuses nothing at all and the sign-in page itself', () => {
    expect(safeNext(undefined)).toBe(DEFAULT_NEXT);
    expect(safeNext('/admin/login?next=/admin/login')).toBe(DEFAULT_NEXT);
  });
});
