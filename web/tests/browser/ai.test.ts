import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AiUsageReport, AiUsageTotals } from '../../src/api/types.ts';
import { group, NOTHING, usageReport } from '../../src/features/ai-usage/usageFixture.ts';
import { launchChromium } from './chromium.ts';
import { openPage, startVisit } from './visit.ts';

const SOME: AiUsageTotals = {
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
const ACME: AiUsageTotals = {
  ...SOME,
  calls: 80,
  answered: 80,
  failed: 0,
  cost_micros: 1_000_000,
  p95_ms: 1_800,
};
const NO_WORKSPACE: AiUsageTotals = {
  ...SOME,
  calls: 40,
  answered: 37,
  cost_micros: 250_000,
  p95_ms: 2_900,
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

/** What is reported of a workspace, or of all. */
function report(workspace: string | null): AiUsageReport {
  const filter = { task: null, model: null, workspace, caller: null };
  if (workspace !== null && workspace !== 'acme') {
    return usageReport({ filter });
  }
  const totals = workspace === 'acme' ? ACME : SOME;
  const acme = group('acme', ACME);
  return usageReport({
    filter,
    totals,
    tasks: [group('/api/ai/widget/analyze', totals)],
    models: [group('claude-sonnet-5-5', totals)],
    workspaces: workspace === 'acme' ? [acme] : [acme, group('-', NO_WORKSPACE)],
    callers: [group('service', totals)],
  });
}

async function answer(page: Page) {
  await page.route('**/api/ai/status', (route) => route.fulfill({ json: STATUS }));
  await page.route('**/api/ai/usage?hours=*', (route) =>
    route.fulfill({ json: report(new URL(route.request().url()).searchParams.get('workspace')) }),
  );
}

function choice(page: Page, of: string, name: string) {
  return page.getByRole('group', { name: of }).getByRole('radio', { name });
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

  it('says without a gateway what to set, and when the gateway is away', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    const nothing = { limits: null, models: [], provider_keys: [], budgets: [] };
    const away = { ...STATUS, ...nothing, configured: false, reachable: false };
    const without = {
      ...away,
      gateway: null,
      detail: 'AI is not configured: set GENAI_GATEWAY_URL to the address of the gateway.',
    };
    for (const [status, title, detail] of [
      [without, 'AI is not configured', 'set GENAI_GATEWAY_URL'],
      [
        { ...away, detail: 'The gateway at 127.0.0.1:4000 does not answer.' },
        'The AI gateway is away',
        '4000',
      ],
    ] as const) {
      await page.route('**/api/ai/status', (route) => route.fulfill({ json: status }));
      await openPage(page, '/admin/ai');
      await page.getByText(title, { exact: true }).waitFor();
      await page.getByText(detail, { exact: false }).waitFor();
      await page.getByText('Everything else works without it', { exact: false }).waitFor();
      expect(await page.getByRole('button', { name: 'Ask a test question' }).count()).toBe(0);
      await page.unroute('**/api/ai/status');
    }
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

    await choice(page, 'Shown over time', 'Cost').check({ force: true });
    const figure = page.getByRole('figure', { name: 'Cost over time' });
    await figure.getByText('Show these numbers as a table').click();
    await figure.getByRole('row', { name: /Nov 25 \$1\.25/ }).waitFor();

    await page.getByRole('rowheader', { name: 'Widget analyze' }).waitFor();
    for (const [by, name] of [
      ['Model', 'claude-sonnet-5-5'],
      ['Workspace', 'acme'],
      ['Key', 'This server'],
    ] as const) {
      await choice(page, 'Grouped by', by).check({ force: true });
      await page.getByRole('rowheader', { name }).waitFor();
    }
    await page.getByText('Left alone after 5 failures').waitFor();
    const budget = page.getByRole('progressbar', { name: 'Budget: This server, this day' });
    expect(await budget.getAttribute('aria-valuetext')).toBe('$1.25 of $5.00');
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('compares groups over time, in every figure', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await answer(page);
    await openPage(page, '/admin/ai');
    await choice(page, 'Compare by', 'Workspace').check({ force: true });
    const calls = page.getByRole('figure', { name: 'Calls over time by workspace' });
    expect(await calls.getByRole('listitem').allTextContents()).toEqual(['acme', 'No workspace']);
    await calls.getByText('Show these numbers as a table').click();
    await calls.getByRole('row', { name: 'Time (UTC) acme No workspace' }).waitFor();
    await calls.getByRole('row', { name: 'Nov 25 80 40' }).waitFor();

    await choice(page, 'Shown over time', 'Duration').check({ force: true });
    const duration = page.getByRole('figure', { name: 'Duration over time by workspace' });
    await duration.getByRole('row', { name: 'Nov 24 – –' }).waitFor();
    await duration.getByRole('row', { name: 'Nov 25 1.8 s 2.9 s' }).waitFor();

    await choice(page, 'Range of time', '30 days').check({ force: true });
    await page.waitForURL('**/admin/ai?hours=720&figure=duration&by=workspace');
    await page.reload();
    await duration.getByTestId('usage-chart').locator('svg').waitFor();
    expect(await choice(page, 'Range of time', '30 days').isChecked()).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('shows one group on the whole page, and all again, by keyboard too', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await answer(page);
    await openPage(page, '/admin/ai');
    const totals = page.getByLabel('AI usage in this time');
    const filters = page.getByRole('group', { name: 'Filters' });
    const chip = filters.getByRole('button', { name: 'Remove filter Workspace: acme' });
    await choice(page, 'Grouped by', 'Workspace').check({ force: true });
    const acme = page.getByRole('rowheader').getByRole('button', { name: 'acme' });
    await acme.focus();
    await page.keyboard.press('Enter');
    await totals.getByText('80 answered').waitFor();
    await page.getByRole('rowheader', { name: 'No workspace' }).waitFor({ state: 'detached' });
    expect(await acme.getAttribute('aria-pressed')).toBe('true');
    expect(await acme.evaluate((button) => button === document.activeElement)).toBe(true);

    await page.reload();
    await totals.getByText('80 answered').waitFor();
    await chip.focus();
    await page.keyboard.press('Enter');
    await totals.getByText('117 answered').waitFor();
    expect(await chip.count()).toBe(0);
    expect(await filters.evaluate((bar) => bar === document.activeElement)).toBe(true);
    await filters.getByText('All calls are shown.').waitFor();

    await page.goBack();
    await totals.getByText('80 answered').waitFor();
    await filters.getByRole('button', { name: 'Clear filters' }).click();
    await totals.getByText('117 answered').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('does not show the numbers of before as those of a filter', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await answer(page);
    await openPage(page, '/admin/ai');
    const totals = page.getByLabel('AI usage in this time');
    await totals.getByText('117 answered').waitFor();
    const held: (() => void)[] = [];
    await page.route('**/api/ai/usage?*workspace=acme*', async (route) => {
      await new Promise<void>((resolve) => held.push(resolve));
      await route.fallback();
    });
    await choice(page, 'Grouped by', 'Workspace').check({ force: true });
    await page.getByRole('rowheader').getByRole('button', { name: 'acme' }).click();
    await page.getByText('Loading these calls: Workspace: acme.').waitFor();
    await page.locator('[aria-busy="true"]').getByText('117 answered').waitFor();
    held.forEach((release) => release());
    await page.getByText('Only these calls are shown: Workspace: acme.').waitFor();
    await page.locator('[aria-busy="false"]').getByText('80 answered').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('says when nothing matches the filters, and how to go on', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await answer(page);
    await openPage(page, '/admin/ai?workspace=nobody');
    await page.getByText('No AI calls match the filters').waitFor();
    await page.getByRole('button', { name: 'Remove filter Workspace: nobody' }).click();
    await page.getByTestId('usage-chart').locator('svg').waitFor();
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
