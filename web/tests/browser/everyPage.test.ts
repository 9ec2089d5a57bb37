import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { giveLongHistory } from './longHistory.ts';
import { openPage, PAGES, startVisit } from './visit.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };

/** What the server answers with on purpose while nobody is signed in, or for an address without a page. */
const EXPECTED = /status of (401|404)/;

async function violationsOf(page: Page): Promise<string[]> {
  // Evaluated by the debugger, not inserted as a script: the page's own content policy stays in force.
  await page.evaluate(AXE);
  const results = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  return results.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n${nodes.map((node) => `  ${node.html}`).join('\n')}`,
  );
}

/** Opens what is closed on the results page, and waits for what it loads then. */
async function openEverything(page: Page): Promise<void> {
  await page.locator('[data-testid=history-chart] svg').first().waitFor();
  await page.getByRole('radio', { name: 'Rates' }).first().check();
  for (const summary of await page.locator('summary').all()) {
    await summary.click();
  }
  await page
    .getByRole('table', { name: /^Segments of/ })
    .first()
    .waitFor();
}

async function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

describe('every page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  for (const theme of ['light', 'dark'] as const) {
    for (const [device, viewport] of [
      ['desktop', DESKTOP],
      ['phone', PHONE],
    ] as const) {
      for (const { path, admin } of PAGES) {
        it(`${path} is accessible, fits and stays quiet: ${theme}, ${device}`, async () => {
          const { page, context, complaints } = await startVisit(browser, {
            admin,
            viewport,
            colorScheme: theme,
          });

          await giveLongHistory(page);
          await openPage(page, path);
          if (path === '/admin/experiments') {
            await openEverything(page);
          }

          expect(await page.locator('html').getAttribute('data-theme')).toBe(theme);
          expect(await violationsOf(page)).toEqual([]);
          expect(await overflowOf(page)).toBe(0);
          expect(complaints.filter((complaint) => !EXPECTED.test(complaint))).toEqual([]);
          await context.close();
        });
      }
    }
  }

  it('has no violations in what opens on top: menus, tips and dialogs', async () => {
    const { page, context } = await startVisit(browser, { admin: true, viewport: DESKTOP });
    await openPage(page, '/admin/experiments');
    await page.getByRole('button', { name: 'How the rate is counted' }).first().click();
    await page.getByRole('dialog').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Plan visitors' }).first().click();
    const plan = page.getByRole('dialog', { name: 'Plan KPI scorecard layout' });
    await plan.locator('[role=status][aria-busy=false]').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'What do these numbers mean?' }).click();
    await page.getByRole('dialog', { name: 'What do these numbers mean?' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menu').waitFor();
    expect(await violationsOf(page)).toEqual([]);

    await openPage(page, '/pricing');
    await page.getByTestId('upgrade').click();
    await page.getByRole('dialog', { name: 'Upgrade to Pro' }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await context.close();
  });

  it('is quiet in the API documentation too, with an operation open and tried out', async () => {
    const { page, context, complaints } = await startVisit(browser, { viewport: DESKTOP });
    await page.goto('/api/docs/');
    await page.locator('#operations-experiments-get_dashboard .opblock-summary-control').click();
    await page.getByRole('button', { name: 'Try it out' }).click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('keeps the chosen theme over a reload and another page', async () => {
    const { page, context } = await startVisit(browser, { colorScheme: 'light' });
    await openPage(page, '/');
    const html = page.locator('html');

    await page.getByRole('button', { name: 'Theme' }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    expect(await html.getAttribute('data-theme')).toBe('dark');
    await page.reload();
    expect(await html.getAttribute('data-theme')).toBe('dark');
    await openPage(page, '/pricing');
    expect(await html.getAttribute('data-theme')).toBe('dark');
    await page.getByRole('button', { name: 'Theme' }).click();
    await page.getByRole('menuitemradio', { name: 'System' }).click();
    expect(await html.getAttribute('data-theme')).toBe('light');
    await context.close();
  });
});
