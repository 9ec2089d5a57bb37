import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { openPage, startVisit } from './visit.ts';

const NOTHING = {
  calls: 0,
  answered: 0,
  refused: 0,
  failed: 0,
  left: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  estimated_tokens: 0,
  all_tokens: 0,
  cost_micros: 0,
  calls_without_price: 0,
  p50_ms: null,
  p95_ms: null,
};
const SOME = {
  ...NOTHING,
  calls: 120,
  answered: 117,
  failed: 3,
  input_tokens: 40_000,
  output_tokens: 9_000,
  all_tokens: 49_000,
  cost_micros: 1_250_000,
  p50_ms: 640,
  p95_ms: 2_300,
};
const STATUS = {
  configured: true,
  detail: 'AI is ready.',
  gateway: '127.0.0.1:4000',
  reachable: true,
  limits: {
    requests_per_minute_per_address: 60,
    requests_per_minute_per_workspace: 30,
    tokens_per_minute_per_workspace: null,
    daily_budget_micros_per_workspace: 2_000_000,
    monthly_budget_micros_per_workspace: null,
    calls_at_once: 2_000,
    calls_in_progress: 4,
    are_shared: true,
  },
  models: [{ name: 'claude-sonnet-5-5', is_left_alone: true, failures: 5 }],
  provider_keys: [{ number: 1, rests_because: null }],
  budgets: [
    {
      key: 'service',
      period: 'day',
      limit_micros: 5_000_000,
      spent_micros: 1_250_000,
      reserved_micros: 9_000,
    },
  ],
};

function report(interval: string) {
  const group = (name: string) => ({ name, totals: SOME });
  return {
    from: '2026-11-24T13:00:00Z',
    to: '2026-11-25T13:00:00Z',
    collected_at: '2026-11-25T12:59:00Z',
    interval,
    totals: SOME,
    points: [
      { start: '2026-11-24T00:00:00Z', totals: NOTHING },
      { start: '2026-11-25T00:00:00Z', totals: SOME },
    ],
    tasks: [group('/api/ai/widget/analyze')],
    models: [group('claude-sonnet-5-5')],
    workspaces: [group('-')],
    callers: [group('service')],
  };
}

async function answer(page: Page) {
  await page.route('**/api/ai/status', (route) => route.fulfill({ json: STATUS }));
  await page.route('**/api/ai/usage?hours=*', (route) => route.fulfill({ json: report('day') }));
}

describe('AI usage', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('says without a key what to set, and that the rest works', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/ai');
    await page.getByText('AI is not configured', { exact: true }).waitFor();
    await page.getByText('set ANTHROPIC_API_KEY for the gateway', { exact: false }).waitFor();
    await page.getByText('No AI calls in this time').waitFor();
    expect(await page.getByRole('button', { name: 'Ask a test question' }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('shows calls, tokens, cost and duration, over time and by whom', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await answer(page);
    await openPage(page, '/admin/ai');
    const totals = page.getByLabel('AI usage in this time');
    await totals.getByText('117 answered, 3 failed (2.5%)').waitFor();
    await totals.getByText('$1.25').waitFor();
    await page.getByTestId('usage-chart').locator('svg').waitFor();

    await page.getByRole('radio', { name: 'Cost' }).check({ force: true });
    const figure = page.getByRole('figure', { name: 'Cost over time' });
    await figure.getByText('Show these numbers as a table').click();
    await figure.getByRole('row', { name: /Nov 25 \$1\.25/ }).waitFor();

    await page.getByRole('rowheader', { name: 'Widget analyze' }).waitFor();
    await page.getByRole('radio', { name: 'Key' }).check({ force: true });
    await page.getByRole('rowheader', { name: 'This server' }).waitFor();
    await page.getByText('Left alone after 5 failures').waitFor();
    const budget = page.getByRole('progressbar', { name: 'Budget: This server, this day' });
    expect(await budget.getAttribute('aria-valuetext')).toBe('$1.25 of $5.00');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('asks a test question and labels what a script answered', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await answer(page);
    await page.route('**/api/ai/check', (route) =>
      route.fulfill({
        json: {
          model: 'claude-sonnet-5-5',
          answer: 'Clicks grow.',
          is_fake: true,
          tokens: 120,
          cost_micros: 450,
          duration_ms: 830,
        },
      }),
    );
    await openPage(page, '/admin/ai');
    await page.getByRole('button', { name: 'Ask a test question' }).click();
    await page.getByText('The demonstration provider answered').waitFor();
    await page.getByText('no model was asked', { exact: false }).waitFor();

    await page.unroute('**/api/ai/check');
    await page.route('**/api/ai/check', (route) =>
      route.fulfill({
        status: 429,
        contentType: 'application/problem+json',
        json: { type: 'x', title: 'Limit', status: 429, detail: 'The budget of this key is spent.' },
      }),
    );
    await page.getByRole('button', { name: 'Ask a test question' }).click();
    await page.getByText('The budget of this key is spent.', { exact: false }).waitFor();
    await context.close();
  });
});
