import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { openPage, startVisit } from './visit.ts';

function notice(id: number, read: boolean) {
  return {
    id,
    test_id: 'guided_onboarding',
    kind: id % 2 === 0 ? 'decided' : 'guardrail_harmed',
    subject: id % 2 === 0 ? 'B' : 'refund',
    decision: id % 2 === 0 ? 'better' : 'worse',
    sentence: `Sentence ${id}.`,
    created_at: '2026-11-25T12:00:00Z',
    read_at: read ? '2026-11-25T13:00:00Z' : null,
  };
}

describe('notices', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it('are counted at the bell, lead to their experiment, and are marked as read', async () => {
    const { page, context, complaints } = await startVisit(browser, { admin: true });
    let read = false;
    let asked: unknown = null;
    await page.route('**/api/notices', (route) =>
      route.fulfill({
        json: { success: true, unread: read ? 0 : 2, notices: [notice(2, read), notice(1, read)] },
      }),
    );
    await page.route('**/api/notices/read', (route) => {
      asked = route.request().postDataJSON();
      read = true;
      return route.fulfill({ json: { success: true, unread: 0 } });
    });
    await openPage(page, '/admin/experiments');
    await page.getByRole('link', { name: 'Notices, 2 unread' }).click();
    await page.getByRole('heading', { level: 1, name: 'Notices' }).waitFor();
    await page.getByText('Guardrail got worse').waitFor();
    await page.getByText('Sentence 2.').waitFor();
    expect(await page.getByText('New', { exact: true }).count()).toBe(2);

    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await page.getByRole('link', { name: 'Notices', exact: true }).waitFor();
    expect(asked).toEqual({ up_to: 2 });
    expect(await page.getByRole('button', { name: 'Mark all as read' }).count()).toBe(0);
    await page.getByRole('link', { name: 'Guided onboarding' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'A/B Experiments' }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('say what to expect while there are none, and show no bell to strangers', async () => {
    const { page, context } = await startVisit(browser, { admin: true });
    await openPage(page, '/admin/notices');
    await page.getByText('Nothing was found yet').waitFor();
    await context.close();

    const stranger = await startVisit(browser);
    await openPage(stranger.page, '/pricing');
    expect(await stranger.page.getByRole('link', { name: /^Notices/ }).count()).toBe(0);
    await stranger.context.close();
  });
});
