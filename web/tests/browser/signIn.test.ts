import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { ADMIN_USERNAME } from './server.ts';
import { startVisit } from './visit.ts';

describe('signing in', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('leads from a guarded page through the sign-in back to the results', async () => {
    const { page, context } = await startVisit(browser);

    await page.goto('/admin');
    await page.waitForURL((url) => url.searchParams.get('next') === '/admin/experiments');
    await page.getByLabel('User name or e-mail').fill(ADMIN_USERNAME);
    await page.getByLabel('Password', { exact: true }).fill(inject('adminPassword'));
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.waitForURL('**/admin/experiments');
    const table = page.getByRole('table', { name: 'Results of kpi_scorecard_layout' });
    await table.waitFor();
    expect(await table.getByRole('row').count()).toBe(3);
    await page.getByText('subscription_upgrade', { exact: true }).waitFor();
    await context.close();
  });

  it('says that the pair is wrong and leaves the person on the page', async () => {
    const { page, context } = await startVisit(browser);

    await page.goto('/admin/login');
    await page.getByLabel('User name or e-mail').fill('nobody-by-this-name');
    await page.getByLabel('Password', { exact: true }).fill('certainly not the password');
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.getByRole('alert').filter({ hasText: 'User name or password is wrong' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/admin/login');
    await context.close();
  });

  it('names the empty field', async () => {
    const { page, context } = await startVisit(browser);

    await page.goto('/admin/login');
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.getByText('Enter your password.').waitFor();
    expect(await page.getByLabel('Password', { exact: true }).getAttribute('aria-invalid')).toBe('true');
    await context.close();
  });

  it('shows how long to wait after too many attempts', async () => {
    const { page, context } = await startVisit(browser);
    await page.route('**/api/auth/login', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'Retry-After': '120' },
        body: '{"detail":"too many attempts"}',
      }),
    );

    await page.goto('/admin/login');
    await page.getByLabel('User name or e-mail').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill('anything at all');
    await page.getByRole('button', { name: 'Sign in' }).click();

    const button = page.getByRole('button', { name: 'Try again in 2 min' });
    await button.waitFor();
    expect(await button.isDisabled()).toBe(true);
    await context.close();
  });

  it('works with the keyboard alone', async () => {
    const { page, context } = await startVisit(browser);
    await page.goto('/admin/login?next=%2Fpricing');
    await page.getByRole('heading', { name: 'Sign in to Dashly' }).waitFor();

    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type(ADMIN_USERNAME);
    await page.keyboard.press('Tab');
    await page.keyboard.type(inject('adminPassword'));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await page.getByLabel('Password', { exact: true }).getAttribute('type')).toBe('text');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');

    await page.waitForURL('**/pricing');
    await context.close();
  });

  it('never follows a next address to another site', async () => {
    const { page, context } = await startVisit(browser);

    await page.goto('/admin/login?next=%2F%2Felsewhere.example%2F');
    await page.getByLabel('User name or e-mail').fill(ADMIN_USERNAME);
    await page.getByLabel('Password', { exact: true }).fill(inject('adminPassword'));
    await page.getByRole('button', { name: 'Sign in' }).click();

    await page.waitForURL('**/admin/experiments');
    await context.close();
  });

  it('signs out', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await page.goto('/admin/experiments');

    await page.getByRole('button', { name: `Account of ${ADMIN_USERNAME}` }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL('**/admin/login');

    const answer = await context.request.get('/api/auth/me');
    expect(answer.status()).toBe(401);
    await context.close();
  });
});
