// Writes a picture of every page: light and dark on a desktop, light and dark on a phone of 360 pixels.
// Needs DASHLY_URL (a running server), DASHLY_ADMIN_PASSWORD and SCREENSHOT_DIR.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import * as states from './resultStates.mjs';

const {
  DASHLY_URL: baseURL,
  DASHLY_ADMIN_PASSWORD: password,
  SCREENSHOT_DIR: folder,
  ONLY: only,
} = process.env;
if (!baseURL || !password || !folder) {
  console.error('set DASHLY_URL, DASHLY_ADMIN_PASSWORD and SCREENSHOT_DIR');
  process.exit(1);
}
mkdirSync(folder, { recursive: true });

const changeResults = (change) => (page) =>
  page.route('**/api/experiments/results', async (route) => {
    const response = await route.fetch();
    const results = await response.json();
    change(results);
    await route.fulfill({ response, json: results });
  });

const withHistory = (page) =>
  page.route('**/api/experiments/*/timeseries', (route) =>
    route.fulfill({ json: states.longHistory(new URL(route.request().url()).pathname.split('/').at(-2)) }),
  );

const settled = (page) =>
  page
    .getByRole('status')
    .filter({ hasText: /^(Loading|Checking)/ })
    .first()
    .waitFor({ state: 'detached' });
const variants = (letter) =>
  ['kpi_scorecard_layout', 'guided_onboarding', 'pricing_cta_upgrade'].map((id) => ({
    name: `ab_${id}`,
    value: letter,
    url: baseURL,
  }));

const SHOTS = [
  { name: 'home', path: '/' },
  { name: 'sign-in', path: '/admin/login' },
  {
    name: 'sign-in-errors',
    path: '/admin/login',
    act: async (page) => {
      await page.getByLabel('User name').fill('someone');
      await page.getByLabel('Password', { exact: true }).fill('not the password');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  { name: 'experiments', path: '/admin/experiments', admin: true },
  { name: 'kpis', path: '/admin/kpis', admin: true },
  {
    name: 'ai-usage',
    path: '/admin/ai',
    admin: true,
    act: (page) => page.getByTestId('usage-chart').locator('svg').waitFor(),
  },
  {
    name: 'experiments-verdicts',
    path: '/admin/experiments',
    admin: true,
    charts: true,
    before: async (page) => {
      await changeResults(states.verdicts)(page);
      await withHistory(page);
    },
  },
  {
    name: 'experiments-opened',
    path: '/admin/experiments',
    admin: true,
    charts: true,
    before: withHistory,
    act: async (page) => {
      const card = page.getByRole('region', { name: 'KPI scorecard layout' });
      await card.getByRole('radio', { name: 'Rates' }).check();
      await card.getByText('Segments').click();
      await card.getByRole('table', { name: /^Segments/ }).waitFor();
      await card.getByText('Show these numbers as a table').click();
    },
  },
  {
    name: 'experiments-plan',
    path: '/admin/experiments',
    admin: true,
    view: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Plan visitors' }).first().click();
      await page.locator('[role=status][aria-busy=false]').waitFor();
    },
  },
  {
    name: 'experiments-help',
    path: '/admin/experiments',
    admin: true,
    view: true,
    act: (page) => page.getByRole('button', { name: 'What do these numbers mean?' }).click(),
  },
  {
    name: 'experiments-tip',
    path: '/admin/experiments',
    admin: true,
    act: async (page) => {
      await page.getByRole('button', { name: 'Sample ratio' }).first().click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'experiments-empty', path: '/admin/experiments', admin: true, before: changeResults(states.empty) },
  { name: 'experiments-first', path: '/admin/experiments', admin: true, before: changeResults(states.first) },
  {
    name: 'experiments-broken',
    path: '/admin/experiments',
    admin: true,
    before: changeResults(states.broken),
  },
  {
    name: 'experiments-error',
    path: '/admin/experiments',
    admin: true,
    before: (page) =>
      page.route('**/api/experiments/results', (route) =>
        route.fulfill({
          status: 503,
          json: { detail: 'The database does not answer.', request_id: 'req_4c1f' },
        }),
      ),
    act: (page) => page.getByRole('alert').waitFor(),
  },
  { name: 'demo-a', path: '/experiment-demo', letter: 'A' },
  {
    name: 'demo-b',
    path: '/experiment-demo',
    letter: 'B',
    act: async (page) => {
      await page.getByRole('button', { name: /Conversions/ }).click();
      await page.getByTestId('guided_onboarding').getByRole('button', { name: /\?$/ }).click();
      await page.getByText('Counts for guided_onboarding').first().waitFor();
    },
  },
  { name: 'pricing-a', path: '/pricing', letter: 'A' },
  {
    name: 'pricing-b',
    path: '/pricing',
    letter: 'B',
    act: (page) => page.getByRole('radio', { name: /Yearly/ }).check(),
  },
  {
    name: 'pricing-dialog',
    path: '/pricing',
    letter: 'B',
    act: async (page) => {
      await page.getByTestId('upgrade').click();
      await page.getByRole('dialog').waitFor();
    },
  },
  { name: 'not-found', path: '/no-such-page' },
];

const executablePath =
  process.env.CHROMIUM_PATH ??
  ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
    existsSync(path),
  );
const browser = await chromium.launch({
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
for (const shot of SHOTS.filter(({ name }) => !only || only.split(',').includes(name))) {
  for (const [device, viewport] of [
    ['desktop', { width: 1280, height: 860 }],
    ['phone', { width: 360, height: 740 }],
  ]) {
    for (const colorScheme of ['light', 'dark']) {
      const context = await browser.newContext({ baseURL, viewport, colorScheme, reducedMotion: 'reduce' });
      if (shot.letter) await context.addCookies(variants(shot.letter));
      if (shot.admin) {
        await context.request.post('/api/auth/login', { data: { username: 'admin', password } });
      }
      const page = await context.newPage();
      await shot.before?.(page);
      await page.goto(shot.path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await settled(page);
      if (shot.charts) {
        await page.locator('[data-testid=history-chart] svg').last().waitFor();
      }
      await page.evaluate(() => document.fonts.ready.then(() => undefined));
      await shot.act?.(page);
      await page.screenshot({
        path: join(folder, `${shot.name}-${device}-${colorScheme}.png`),
        fullPage: !shot.view,
      });
      await context.close();
    }
  }
}
await browser.close();
