import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { openPage, startVisit } from './visit.ts';

const EVENTS = '**/api/experiments/events';
const PRICING = 'pricing_cta_upgrade';

interface Sent {
  event: string;
  event_id: string;
  testId: string;
}

/** Collects every event the page sends. */
function watchEvents(page: Page): Sent[] {
  const sent: Sent[] = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/api/experiments/events')) {
      sent.push(request.postDataJSON() as Sent);
    }
  });
  return sent;
}

const countOf = (sent: Sent[], event: string) => sent.filter((entry) => entry.event === event).length;

describe('the pricing page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it.each([
    { letter: 'A', words: 'Start free trial' },
    { letter: 'B', words: 'Get full access: 14 days free' },
  ])('words the call to action by variant $letter', async ({ letter, words }) => {
    const { page, context, complaints } = await startVisit(browser, { variants: { [PRICING]: letter } });

    await openPage(page, '/pricing');

    await page.getByRole('button', { name: words }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('records the click, and the upgrade once however often it is tried', async () => {
    const { page, context, complaints } = await startVisit(browser);
    const sent = watchEvents(page);
    await openPage(page, '/pricing');

    const click = page.waitForResponse(EVENTS);
    await page.getByTestId('upgrade').click();
    expect((await click).status()).toBe(200);
    const dialog = page.getByRole('dialog', { name: 'Upgrade to Pro' });
    await dialog.getByText('No payment is taken').waitFor();
    await dialog.getByRole('button', { name: 'Complete demo upgrade' }).dblclick();
    await page.getByText('Demo upgrade recorded').waitFor();
    await page.reload();
    await page.getByTestId('upgrade').click();
    await page.getByText('It was recorded earlier in this browser').waitFor();

    expect(countOf(sent, 'subscription_upgrade')).toBe(1);
    expect(countOf(sent, 'upgrade_click')).toBe(2);
    expect(sent.every((entry) => entry.testId === PRICING)).toBe(true);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('says when the upgrade could not be recorded and retries under the same id', async () => {
    const { page, context } = await startVisit(browser);
    const sent = watchEvents(page);
    await openPage(page, '/pricing');
    await page.route(EVENTS, (route) =>
      route.fulfill({ status: 503, json: { detail: 'the queue is full' } }),
    );
    await page.getByTestId('upgrade').click();
    await page.getByRole('button', { name: 'Complete demo upgrade' }).click();
    await page.getByRole('alert').filter({ hasText: 'could not be recorded' }).waitFor();

    await page.unroute(EVENTS);
    await page.getByRole('button', { name: 'Try again' }).click();

    await page.getByText('Demo upgrade recorded').waitFor();
    const identifiers = sent
      .filter((entry) => entry.event === 'subscription_upgrade')
      .map((entry) => entry.event_id);
    expect(identifiers).toHaveLength(2);
    expect(new Set(identifiers).size).toBe(1);
    await context.close();
  });

  it('works with the control wording when the experiment cannot be asked', async () => {
    const { page, context } = await startVisit(browser);
    await page.route('**/api/experiments/pricing-view', (route) => route.abort());
    await page.goto('/pricing');

    await page.getByRole('button', { name: 'Start free trial' }).click();

    await page.getByRole('dialog', { name: 'Upgrade to Pro' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await context.close();
  });

  it('keeps the control wording when the variant comes too late', async () => {
    const { page, context } = await startVisit(browser, { variants: { pricing_cta_upgrade: 'B' } });
    let release = (): void => undefined;
    const shown = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/api/experiments/pricing-view', async (route) => {
      const response = await route.fetch();
      await shown;
      await route.fulfill({ response });
    });
    await page.goto('/pricing');
    await page.getByRole('button', { name: 'Start free trial' }).waitFor();

    const answer = page.waitForResponse('**/api/experiments/pricing-view');
    release();
    expect(((await (await answer).json()) as { variant: string }).variant).toBe('B');
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );

    expect(await page.getByTestId('upgrade').innerText()).toBe('Start free trial');
    await context.close();
  });

  it('shows the yearly price', async () => {
    const { page, context } = await startVisit(browser);
    await openPage(page, '/pricing');
    const pro = page.getByRole('region', { name: 'Pro' });
    await pro.getByText('$49').waitFor();

    await page.getByRole('radio', { name: /Yearly/ }).check();

    await pro.getByText('$39').waitFor();
    await pro.getByText('Billed annually').waitFor();
    await context.close();
  });
});
