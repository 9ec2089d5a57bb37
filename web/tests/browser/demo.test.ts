import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventResponse } from '../../src/api/types.ts';
import { launchChromium } from './chromium.ts';
import { openPage, startVisit } from './visit.ts';

const EVENTS = '**/api/experiments/events';

describe('the experiment demo', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('keeps the variants of a visitor over a reload', async () => {
    const { page, context, complaints } = await startVisit(browser);
    await openPage(page, '/experiment-demo');
    const stage = page.getByTestId('kpi_scorecard_layout');
    const before = await stage.getAttribute('data-variant');

    await page.reload();

    await stage.waitFor();
    expect(before).toMatch(/^[AB]$/);
    expect(await stage.getAttribute('data-variant')).toBe(before);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each([
    { letter: 'A', scorecards: 'compact', onboarding: 'minimal' },
    { letter: 'B', scorecards: 'expanded', onboarding: 'guided' },
  ])('draws the layouts of variant $letter and records what the visitor does', async (expected) => {
    const { page, context, complaints } = await startVisit(browser, {
      variants: { kpi_scorecard_layout: expected.letter, guided_onboarding: expected.letter },
    });
    await openPage(page, '/experiment-demo');
    await page.locator(`[data-layout=${expected.scorecards}]`).waitFor();
    await page.locator(`[data-layout=${expected.onboarding}]`).waitFor();

    const click = page.waitForResponse(EVENTS);
    await page.getByRole('button', { name: /Ad spend/ }).click();
    const clicked = (await (await click).json()) as EventResponse;
    const tip = page.waitForResponse(EVENTS);
    await page.getByTestId('guided_onboarding').getByRole('button', { name: /\?$/ }).click();
    const opened = (await (await tip).json()) as EventResponse;

    expect(clicked).toMatchObject({ event: 'kpi_click', variant: expected.letter, counted: true });
    expect(opened).toMatchObject({ event: 'tooltip_open', variant: expected.letter, counted: true });
    const list = page.getByRole('complementary', { name: 'Recorded events' });
    await list.getByText('Counts for kpi_scorecard_layout').waitFor();
    await list.getByText('Counts for guided_onboarding').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('repeats an event that failed under the same id', async () => {
    const { page, context } = await startVisit(browser);
    const identifiers: unknown[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/api/experiments/events')) {
        identifiers.push((request.postDataJSON() as { event_id: unknown }).event_id);
      }
    });
    await openPage(page, '/experiment-demo');
    await page.route(EVENTS, (route) =>
      route.fulfill({ status: 503, json: { detail: 'the queue is full' } }),
    );
    await page.getByRole('button', { name: /Clicks/ }).click();
    const again = page.getByRole('button', { name: 'Send again' });
    await again.waitFor();

    await page.unroute(EVENTS);
    await again.click();

    await page.getByText('Counts for kpi_scorecard_layout').first().waitFor();
    expect(identifiers).toHaveLength(2);
    expect(identifiers[0]).toBe(identifiers[1]);
    await context.close();
  });

  it('says when the exposure could not be recorded', async () => {
    const { page, context } = await startVisit(browser);
    await page.route('**/api/experiments/dashboard', async (route) => {
      const response = await route.fetch();
      await route.fulfill({
        response,
        json: { ...((await response.json()) as object), exposure_logged: false },
      });
    });

    await page.goto('/experiment-demo');

    await page.getByText('Your exposure could not be recorded yet').waitFor();
    await context.close();
  });
});
