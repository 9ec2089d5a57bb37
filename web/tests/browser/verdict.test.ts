import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { baseUrl, openPage, startVisit } from './visit.ts';

const TEST_ID = 'guided_onboarding';
const EVENT = 'tooltip_open';

/** At 4 and 40 of 100 the answer is beyond doubt long before the last one. */
const VISITORS = 360;
const RATE = { A: 4, B: 40 };
const AT_ONCE = 12;

/** One visitor: sees the experiment, and converts when it is the turn of somebody of that variant. */
async function comeAndGo(seen: { A: number; B: number }): Promise<void> {
  const view = await fetch(`${baseUrl}/api/experiments/dashboard`);
  const { variants } = (await view.json()) as { variants: Record<string, string> };
  const letter = variants[TEST_ID] === 'B' ? 'B' : 'A';
  seen[letter] += 1;
  // Evenly spread instead of drawn: the test knows how many convert.
  if ((seen[letter] * RATE[letter]) % 100 >= RATE[letter]) {
    return;
  }
  const cookies = view.headers.getSetCookie().map((line) => line.split(';')[0]);
  const answer = await fetch(`${baseUrl}/api/experiments/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Cookie: cookies.join('; ') },
    body: JSON.stringify({ event: EVENT, testId: TEST_ID }),
  });
  expect(answer.status).toBe(200);
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

it('reaches a verdict that the page begins with', async () => {
  const seen = { A: 0, B: 0 };
  for (let come = 0; come < VISITORS; come += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, () => comeAndGo(seen)));
  }

  const { page, context, complaints } = await startVisit(browser, { admin: true });
  await openPage(page, '/admin/experiments');

  const card = page.getByRole('region', { name: 'Guided onboarding' });
  const verdict = card.getByTestId('verdict');
  await verdict.getByText('B is better', { exact: true }).waitFor();
  await verdict.getByText('Variant B converts more visitors than A').waitFor();
  await verdict.getByText(/^Decided /).waitFor();
  await card.getByRole('img', { name: /^Lift against A\. B: \+\d/ }).waitFor();
  const row = card.getByRole('row').filter({ hasText: 'guided' });
  expect(await row.first().innerText()).toMatch(/> 99\.9%/);
  await card.getByRole('button', { name: 'Sample ratio: as designed' }).waitFor();
  await card.getByText('the decision stays, however long it runs on').waitFor();
  expect(complaints).toEqual([]);
  await context.close();
});
