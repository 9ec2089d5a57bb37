import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultsResponse } from '../../src/api/types.ts';
import { launchChromium } from './chromium.ts';
import { giveLongHistory } from './longHistory.ts';
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

  it('shows the verdict, counts, intervals and a chart', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await giveLongHistory(page);
    await openPage(page, '/admin/experiments');

    const card = page.getByRole('region', { name: 'KPI scorecard layout' });
    await card.getByText('Running', { exact: true }).waitFor();
    await card.getByTestId('verdict').getByText('Keep running', { exact: true }).waitFor();
    await card.getByRole('img', { name: /^Lift against A\. B: / }).waitFor();
    await card.getByTestId('history-chart').locator('svg').waitFor();

    await card.getByText('Show these numbers as a table').click();
    await card.getByRole('table', { name: 'Lift over time of kpi_scorecard_layout' }).waitFor();
    await card.getByRole('radio', { name: 'Rates' }).check();
    await card.getByRole('table', { name: 'Unique rates over time of kpi_scorecard_layout' }).waitFor();
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
        experiment.comparisons = {};
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
    expect(await visit.page.getByText('Waiting for visitors').count()).toBe(3);
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
    expect(await page.getByRole('switch', { name: /^Refresh every/ }).getAttribute('aria-checked')).toBe(
      'false',
    );
    const answer = page.waitForResponse(RESULTS);
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();

    expect((await answer).status()).toBe(200);
    await context.close();
  });

  it('names a broken split before every rate', async () => {
    const visit = await startVisit(browser, { admin: true });
    await changeResults(visit, (results) => {
      const [experiment] = results.experiments;
      Object.assign(experiment?.verdict ?? {}, { decision: 'broken', sentence: 'The split is off.' });
      Object.assign(experiment?.sample_ratio ?? {}, {
        status: 'mismatch',
        found_at: results.generated_at,
        observed: { A: 900, B: 300 },
        expected: { A: 600, B: 600 },
      });
      Object.assign(experiment?.health ?? {}, { bots: 12 });
    });
    await openPage(visit.page, '/admin/experiments');

    const card = visit.page.getByRole('region', { name: 'KPI scorecard layout' });
    await card.getByTestId('verdict').getByText('Broken', { exact: true }).waitFor();
    await card.getByTestId('verdict').getByText('The split is off.').waitFor();
    const split = card.getByRole('table', { name: 'Split of kpi_scorecard_layout' });
    expect(await split.innerText()).toMatch(/900\s+600\s+75\.0%/);
    await card.getByRole('button', { name: 'Bots 12' }).click();
    await visit.page.getByRole('dialog', { name: 'Bots' }).getByText('called itself a program').waitFor();
    await visit.context.close();
  });

  it('loads segments on demand and calls them exploratory', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('segment=')) {
        asked.push(new URL(request.url()).search);
      }
    });
    await openPage(page, '/admin/experiments');
    expect(asked).toEqual([]);

    const card = page.getByRole('region', { name: 'KPI scorecard layout' });
    await card.locator('summary', { hasText: 'Segments' }).click();
    await card.getByText('For exploring, not for deciding').waitFor();
    await card.getByRole('rowheader', { name: 'Desktop' }).waitFor();
    await card.getByRole('radio', { name: 'New or returning' }).check();
    await card.getByRole('rowheader', { name: 'New visitors' }).waitFor();
    await card.getByRole('radio', { name: 'Version' }).check();
    await card.getByRole('rowheader', { name: '0.1.0' }).waitFor();
    expect(asked).toEqual(['?segment=device', '?segment=visitor_kind', '?segment=app_version']);
    await context.close();
  });

  it('plans visitors for a lift, with the keyboard too, and says what is wrong with a rate', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/experiments');

    const card = page.getByRole('region', { name: 'KPI scorecard layout' });
    await card.getByRole('button', { name: 'Plan visitors' }).click();
    const dialog = page.getByRole('dialog', { name: 'Plan KPI scorecard layout' });
    const visitors = dialog.locator('dd').first();
    const rate = dialog.getByLabel('Rate of the control, percent');
    await rate.fill('10');
    await dialog.getByText('from 10.0% to 11.0%').waitFor();
    await dialog.locator('[role=status][aria-busy=false]').waitFor();
    const many = Number((await visitors.innerText()).replaceAll(',', ''));
    expect(many).toBeGreaterThan(10_000);

    const answer = page.waitForResponse('**/api/experiments/kpi_scorecard_layout/plan');
    await dialog.getByRole('slider', { name: 'Smallest lift worth finding' }).press('End');
    expect((await answer).status()).toBe(200);
    await dialog.locator('[role=status][aria-busy=false]').waitFor();
    expect(Number((await visitors.innerText()).replaceAll(',', ''))).toBeLessThan(many / 10);

    await rate.fill('nothing');
    await dialog.getByText('Enter the control’s rate').waitFor();
    expect(await visitors.innerText()).toBe('–');
    await context.close();
  });

  it('hands the shown numbers out as a file', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/experiments');

    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download CSV' }).click();
    const file = await download;

    expect(file.suggestedFilename()).toMatch(/^dashly-experiments-\d{4}-\d\d-\d\d-\d{4}\.csv$/);
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\r\n');
    expect(lines[0]).toContain('test_id,status,verdict');
    expect(lines).toHaveLength(7);
    expect(complaints).toEqual([]);
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
