import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultsResponse } from '../../src/api/types.ts';
import { launchChromium } from './chromium.ts';
import { baseUrl, openPage, startVisit, type Visit } from './visit.ts';

const RESULTS = '**/api/experiments/results';

async function changeResults({ page }: Visit, change: (results: ResultsResponse) => void): Promise<void> {
  await page.route(RESULTS, async (route) => {
    const response = await route.fetch();
    const results = (await response.json()) as ResultsResponse;
    change(results);
    await route.fulfill({ response, json: results });
  });
}

describe('the results page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('shows counts, intervals and a chart, and crowns no variant', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/experiments');

    const card = page.getByRole('region', { name: 'KPI scorecard layout' });
    await card.getByText('Running').waitFor();
    await card.getByText('B minus A').waitFor();
    const words = (await page.locator('main').innerText()).toLowerCase();
    expect(words).not.toContain('leading');
    expect(words).not.toMatch(/\bwinning\b/);

    await card.getByText('Show these numbers as a table').click();
    await card.getByRole('table', { name: 'Unique rate over time of kpi_scorecard_layout' }).waitFor();
    await card.getByRole('button', { name: 'How the unique rate is counted' }).click();
    await page.getByRole('dialog', { name: 'How the unique rate is counted' }).getByText('Wilson').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('tells how to bring the first visitors', async () => {
    const visit = await startVisit(browser, { admin: true });
    await changeResults(visit, (results) => {
      results.total_exposures = 0;
      for (const experiment of results.experiments) {
        experiment.timeline.points = [];
        for (const letter of Object.keys(experiment.results)) {
          experiment.results[letter] = {
            exposures: 0,
            events: 0,
            conversion_rate: 0,
            converters: 0,
            unique_conversion_rate: 0,
            unique_conversion_rate_interval: null,
          };
        }
      }
    });

    await visit.page.goto('/admin/experiments');
    await visit.page.getByText(`dashly simulate ${baseUrl}`).waitFor();
    const table = visit.page.getByRole('table', { name: 'Results of kpi_scorecard_layout' });
    expect(await table.innerText()).toContain('–');
    expect(await table.innerText()).not.toContain('0.00%');
    await visit.context.close();
  });

  it('shows what is wrong with the definitions', async () => {
    const visit = await startVisit(browser, { admin: true });
    await changeResults(visit, (results) => {
      results.health.definitions.status = 'error';
      results.health.definitions.problem = {
        detail: 'the file does not hold valid definitions',
        errors: [{ pointer: '/experiments/1/variants', detail: 'needs at least two variants' }],
      };
    });

    await visit.page.goto('/admin/experiments');
    await visit.page.getByText('needs at least two variants').waitFor();
    await visit.page.getByText('/experiments/1/variants').waitFor();
    await visit.context.close();
  });

  it('shows what has no effect in the definitions', async () => {
    const visit = await startVisit(browser, { admin: true });
    await changeResults(visit, (results) => {
      results.health.definitions.warnings = [
        { pointer: '/experiments/0/wieghts', detail: 'nothing reads the field `wieghts`' },
      ];
    });

    await visit.page.goto('/admin/experiments');
    await visit.page.getByText('nothing reads the field wieghts').waitFor();
    await visit.context.close();
  });

  it('offers a retry when the results cannot be loaded', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await page.route(RESULTS, (route) =>
      route.fulfill({ status: 503, json: { detail: 'the database is away', request_id: 'req_1' } }),
    );
    await page.goto('/admin/experiments');
    await page.getByRole('alert').filter({ hasText: 'the database is away' }).waitFor();

    await page.unroute(RESULTS);
    await page.getByRole('button', { name: 'Try again' }).click();

    await page.getByRole('table', { name: 'Results of kpi_scorecard_layout' }).waitFor();
    await context.close();
  });

  it('refreshes by hand, and can be held still', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/experiments');

    await page.getByRole('switch', { name: 'Refresh every 10 s' }).click();
    expect(await page.getByRole('switch').getAttribute('aria-checked')).toBe('false');
    const answer = page.waitForResponse(RESULTS);
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();

    expect((await answer).status()).toBe(200);
    await context.close();
  });

  it('tells a person without the role what is missing', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await page.route('**/api/auth/me', async (route) => {
      const response = await route.fetch();
      const session = (await response.json()) as { user: { role: string } };
      session.user.role = 'user';
      await route.fulfill({ response, json: session });
    });

    await page.goto('/admin/experiments');

    await page.getByRole('heading', { name: 'This page needs an administrator' }).waitFor();
    await context.close();
  });
});
