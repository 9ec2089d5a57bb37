import { readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ResultsResponse } from '../../src/api/types.ts';
import { launchChromium } from './chromium.ts';
import { ADMIN_USERNAME } from './server.ts';
import { baseUrl } from './visit.ts';

const TEST_ID = 'pricing_cta_upgrade';
const REPOSITORY = resolve(import.meta.dirname, '../../..');
/** Chromium without a window calls itself headless, which counts as a bot. */
const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** The lines of the documentation, with the address of the server under test in them. */
async function documentedPage(): Promise<string> {
  const text = await readFile(resolve(REPOSITORY, 'docs/experiments.md'), 'utf8');
  const found = /```html\n([\s\S]*?dashly\.js[\s\S]*?)```/.exec(text);
  expect(found, 'docs/experiments.md has a page with dashly.js').not.toBeNull();
  return (found?.[1] ?? '').replace('https://dashly.example.com', baseUrl);
}

async function serve(port: number, pages: Record<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    response.writeHead(page === undefined ? 404 : 200, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(page);
  }).listen(port, 'localhost');
  await once(server, 'listening');
  return server;
}

interface Counted {
  exposures: number;
  converters: number;
}

async function counted(browser: Browser): Promise<Counted> {
  const context = await browser.newContext({ baseURL: baseUrl });
  const signIn = await context.request.post('/api/auth/login', {
    data: { username: ADMIN_USERNAME, password: inject('adminPassword') },
  });
  expect(signIn.status()).toBe(200);
  const answer = await context.request.get('/api/experiments/results');
  const results = (await answer.json()) as ResultsResponse;
  await context.close();
  const arms = Object.values(results.experiments.find((one) => one.test_id === TEST_ID)?.results ?? {});
  return {
    exposures: arms.reduce((sum, arm) => sum + arm.exposures, 0),
    converters: arms.reduce((sum, arm) => sum + arm.converters, 0),
  };
}

/** Calls to the server that a page made, by path. */
function record(page: Page): string[] {
  const calls: string[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith(`${baseUrl}/api/`)) {
      calls.push(new URL(request.url()).pathname);
    }
  });
  return calls;
}

async function shown(page: Page, testId = TEST_ID): Promise<string> {
  return page.evaluate(
    (id) =>
      (
        window as unknown as { dashly: { show: (id: string, fallback: string) => Promise<string> } }
      ).dashly.show(id, 'fallback'),
    testId,
  );
}

describe('a page of another site', () => {
  let browser: Browser;
  let site: Server;
  let stranger: Server;
  const listed = `http://localhost:${inject('sitePort')}`;
  let unlisted = '';
  const newVisitor = (options = {}): Promise<BrowserContext> =>
    browser.newContext({ userAgent: USER_AGENT, ...options });

  beforeAll(async () => {
    browser = await launchChromium();
    const page = await documentedPage();
    const asking = page.replace('<script src=', '<script data-consent="required" src=');
    const pages = { '/': page, '/asking': asking };
    site = await serve(inject('sitePort'), pages);
    stranger = await serve(0, pages);
    const address = stranger.address();
    unlisted = `http://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });
  afterAll(async () => {
    site.close();
    stranger.close();
    await browser.close();
  });

  it('shows the variant, keeps it, and counts one visitor and one conversion', async () => {
    const before = await counted(browser);
    const context = await newVisitor();
    const page = await context.newPage();
    await page.goto(listed);
    const variant = await shown(page);
    expect(['A', 'B']).toContain(variant);
    const words = variant === 'B' ? 'Save two hours a week' : 'Start now';
    await page.getByRole('button', { name: words }).waitFor();

    await page.reload();
    expect(await shown(page)).toBe(variant);
    const stored = page.waitForResponse(`${baseUrl}/api/experiments/events`);
    await page.getByRole('button', { name: words }).click();
    expect((await stored).status()).toBe(200);

    expect(await counted(browser)).toEqual({
      exposures: before.exposures + 1,
      converters: before.converters + 1,
    });
    expect(await shown(page, 'no_such_test')).toBe('fallback');
    await context.close();
  });

  it('keeps and sends nothing before consent, and nothing after it was taken back', async () => {
    const context = await newVisitor();
    const page = await context.newPage();
    const calls = record(page);
    await page.goto(`${listed}/asking`);
    expect(await shown(page)).toBe('fallback');
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    expect(calls).toEqual([]);

    await page.evaluate('dashly.consent(true)');
    expect(await shown(page)).not.toBe('fallback');
    expect(calls).toEqual(['/api/experiments/exposures']);

    await page.evaluate('dashly.optOut()');
    expect(await page.evaluate(() => localStorage.getItem('ab_visitor_id'))).toBeNull();
    await page.reload();
    expect(await shown(page)).toBe('fallback');
    expect(await page.evaluate("dashly.track('subscription_upgrade')")).toBe(false);
    expect(calls).toHaveLength(1);
    await context.close();
  });

  it('respects Global Privacy Control', async () => {
    const context = await newVisitor();
    const page = await context.newPage();
    await page.addInitScript(() =>
      Object.defineProperty(navigator, 'globalPrivacyControl', { get: () => true }),
    );
    const calls = record(page);
    await page.goto(listed);
    expect(await shown(page)).toBe('fallback');
    expect(calls).toEqual([]);
    await context.close();
  });

  it('works with the fallback where its origin is not listed', async () => {
    const before = await counted(browser);
    const context = await newVisitor();
    const page = await context.newPage();
    await page.goto(unlisted);
    expect(await shown(page)).toBe('fallback');
    await page.getByRole('button', { name: 'Start now' }).click();
    expect(await counted(browser)).toEqual(before);
    await context.close();
  });

  it('is less than 3 KB of script', async () => {
    const { size } = await stat(resolve(REPOSITORY, 'web/dist/dashly.js'));
    expect(size).toBeLessThan(3 * 1024);
  });
});
