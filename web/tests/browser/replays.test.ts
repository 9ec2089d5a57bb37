import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { openPage, startVisit } from './visit.ts';

const SOURCE = {
  source: 'Example',
  licence: 'CC BY 4.0',
  imported_at: '2026-11-25T12:00:00Z',
  left_out: 3,
  series: 2,
  judged_series: 2,
  looks: 6,
  crossed_at_some_look: 2,
  crossed_at_last_look: 1,
  sequence_excludes_zero: 1,
};

function series(metric: string, found: boolean) {
  return {
    source: 'Example',
    experiment_id: 'e1',
    variant_id: '1',
    metric_id: metric,
    looks: 3,
    visitors: 10_000,
    last_z: found ? 6 : 1,
    largest_z: found ? 6 : 2.5,
    crossed_at_some_look: true,
    crossed_at_last_look: found,
    sequence_excludes_zero: found,
  };
}

describe('replays', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('tell how to import something while there is nothing', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/replays');
    await page.getByText('Nothing is imported yet').waitFor();
    await page.getByText('dashly experiments import FILE.csv.gz').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('show what was there and is gone first, and every look of what is chosen', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await page.route('**/api/experiments/replays', (route) =>
      route.fulfill({
        json: { success: true, sources: [SOURCE], series: [series('gone', false), series('found', true)] },
      }),
    );
    await page.route('**/api/experiments/replays/looks?**', (route) => {
      const metric = new URL(route.request().url()).searchParams.get('metric_id');
      const looks = [0.1, 0.3, 0.2].map((difference, at) => ({
        at,
        visitors: 1_000 * (at + 1),
        difference,
        z: 2.5 - at,
        interval: { low: difference - 0.2, high: difference + 0.2 },
        sequence: { low: difference - 0.4, high: difference + 0.4 },
      }));
      return route.fulfill({
        json: {
          success: true,
          source: 'Example',
          experiment_id: 'e1',
          variant_id: '1',
          metric_id: metric,
          looks,
        },
      });
    });
    await openPage(page, '/admin/replays');

    await page.getByText('Of 2 series, 2 looked like a difference at some look, and 1 of them').waitFor();
    await page.getByRole('figure', { name: 'Looks of Experiment e1, variant 1, metric gone' }).waitFor();
    await page.getByRole('radio', { name: 'All', exact: true }).check();
    await page.getByRole('button', { name: 'Experiment e1, variant 1, metric gone' }).click();
    await page.getByRole('radio', { name: 'Called by the sequence' }).check();
    await page.getByRole('figure', { name: 'Looks of Experiment e1, variant 1, metric found' }).waitFor();
    await page.getByText('Show these numbers as a table').click();
    const table = page.getByRole('table', {
      name: 'Looks of Experiment e1, variant 1, metric found, as numbers',
    });
    expect(await table.getByRole('row').count()).toBe(4);
    await page.getByLabel('Experiment', { exact: true }).fill('nothing like it');
    await page.getByText('0 series').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });
});
