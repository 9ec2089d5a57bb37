import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { openPage, startVisit } from './visit.ts';

const NAME = 'Guided onboarding';
const TEST_ID = 'guided_onboarding';

async function choose(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: `Manage ${NAME}` }).click();
  await page.getByRole('menuitem', { name: item }).click();
  await page.getByRole('dialog', { name: new RegExp(NAME) }).waitFor();
}

async function confirm(page: Page, action: string): Promise<void> {
  await page.getByRole('button', { name: action, exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

describe('the life of an experiment', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('is stopped, ramped and reset with the keyboard, and each change is in the log', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/experiments');
    const card = page.getByRole('region', { name: NAME });

    await choose(page, 'Stop…');
    await page.getByLabel('Why (optional, for the log)').fill('The tooltip is broken');
    await page.keyboard.press('Enter');
    await card.getByText('Stopped', { exact: true }).waitFor();
    await card.getByRole('button', { name: 'Changed here: status' }).waitFor();

    await choose(page, 'Start…');
    await confirm(page, 'Start the experiment');
    await card.getByText('Running', { exact: true }).waitFor();

    await choose(page, 'Traffic…');
    await page.getByRole('slider').press('ArrowLeft');
    await page.getByText('From 100% to 99% of the visitors').waitFor();
    await page.getByLabel('Exactly, percent').fill('101');
    await page.getByText('Enter a number from 0 to 100').waitFor();
    await page.getByLabel('Exactly, percent').fill('50');
    await confirm(page, 'Change the traffic');
    await card.getByRole('button', { name: 'Changed here: traffic' }).click();
    await page.getByText('traffic: 50%; the file says 100%').waitFor();
    await page.keyboard.press('Escape');

    await choose(page, 'Reset to the file…');
    await confirm(page, 'Reset to the file');
    await card.getByRole('button', { name: /^Changed here/ }).waitFor({ state: 'detached' });

    await page.getByRole('button', { name: `Manage ${NAME}` }).click();
    await page.getByRole('menuitem', { name: 'Log of changes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Changes' }).waitFor();
    const rows = page.getByRole('table').getByRole('row');
    await rows.filter({ hasText: 'Reset to the file' }).waitFor();
    await rows.filter({ hasText: 'The tooltip is broken' }).waitFor();
    expect(await rows.filter({ hasText: NAME }).count()).toBe(await rows.count().then((count) => count - 1));
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('warns of a winner that the verdict does not name', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/experiments');
    await choose(page, 'Winner…');
    await page.getByRole('radio', { name: 'B: guided' }).check();
    await page.getByText('The verdict does not name this variant').waitFor();
    await page.getByRole('button', { name: 'Show B to everybody' }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await context.close();
  });

  it('is previewed by a link, in that browser only', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/experiments');
    await choose(page, 'Preview link…');
    await page.getByRole('radio', { name: 'B: guided' }).check();
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = await page.getByRole('dialog').locator('code').first().textContent();

    const tester = await startVisit(browser, { variants: { [TEST_ID]: 'A' } });
    await tester.page.goto(link ?? '');
    const view = (await (await tester.context.request.get('/api/experiments/dashboard')).json()) as {
      variants: Record<string, string>;
      enrolled: Record<string, boolean>;
    };
    expect([view.variants[TEST_ID], view.enrolled[TEST_ID]]).toEqual(['B', false]);
    await tester.context.close();
    await context.close();
  });

  it('says that somebody else was faster, and keeps what was typed', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await page.route('**/settings', (route) =>
      route.request().method() === 'PATCH'
        ? route.fulfill({
            status: 409,
            contentType: 'application/problem+json',
            json: { type: 'settings-changed', title: 'Conflict', status: 409, detail: 'It was changed.' },
          })
        : route.fallback(),
    );
    await openPage(page, '/admin/experiments');
    await choose(page, 'Stop…');
    await page.getByLabel('Why (optional, for the log)').fill('Because');
    await page.getByRole('button', { name: 'Stop the experiment' }).click();
    await page.getByText('Somebody else changed it meanwhile').waitFor();
    expect(await page.getByLabel('Why (optional, for the log)').inputValue()).toBe('Because');
    await context.close();
  });
});
