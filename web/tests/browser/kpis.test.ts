import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { openPage, startVisit } from './visit.ts';

describe('key figures', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('say what is missing instead of showing a number, and lead to the experiment that bears on them', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/experiments');
    await page.getByRole('navigation', { name: 'Admin' }).getByRole('link', { name: 'Key figures' }).click();
    await page.getByRole('heading', { level: 1, name: 'Key figures' }).waitFor();
    await page.getByRole('heading', { level: 2, name: 'Activation Rate' }).waitFor();

    expect(await page.getByText('Not measured yet', { exact: true }).count()).toBe(8);
    expect(await page.getByText('Needs:', { exact: true }).count()).toBe(8);
    const upgrade = page.getByRole('region', { name: /^Upgrade Rate/ });
    await upgrade.getByTestId('verdict').waitFor();
    await upgrade.getByRole('link', { name: 'Pricing CTA upgrade' }).click();
    await page.getByRole('heading', { level: 1, name: 'A/B Experiments' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('show why their file cannot be used', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await page.route('**/api/kpis', (route) =>
      route.fulfill({
        json: {
          success: true,
          generated_at: '2026-11-22T19:00:00.000Z',
          file: 'team-kpis.json',
          description: '',
          problem: 'team-kpis.json: the file cannot be read',
          kpis: [],
        },
      }),
    );
    await openPage(page, '/admin/kpis');
    await page.getByText('team-kpis.json: the file cannot be read').waitFor();
    await context.close();
  });
});
