import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import { ADMIN_USERNAME } from './server.ts';

/** Address of the server under test. */
export const baseUrl = inject('baseUrl');

/** Every page of the app and whether it needs a sign-in. */
export const PAGES = [
  { path: '/', heading: 'Experiments whose numbers you can trust', admin: false },
  { path: '/experiment-demo', heading: 'Experiment demo', admin: false },
  { path: '/pricing', heading: 'Pricing', admin: false },
  { path: '/admin/login', heading: 'Sign in to Dashly', admin: false },
  { path: '/admin/experiments', heading: 'A/B Experiments', admin: true },
  { path: '/admin/kpis', heading: 'Key figures', admin: true },
  { path: '/admin/changes', heading: 'Changes', admin: true },
  { path: '/admin/replays', heading: 'Replays', admin: true },
  { path: '/admin/notices', heading: 'Notices', admin: true },
  { path: '/admin/ai', heading: 'AI usage', admin: true },
  { path: '/no-such-page', heading: 'There is no page here', admin: false },
] as const;

interface VisitOptions extends BrowserContextOptions {
  /** Variants the visitor arrives with, by experiment. */
  variants?: Record<string, string>;
  /** Signed in as the administrator; all such visits of a test file share one session. */
  admin?: boolean;
}

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>;

/** One visitor with an own browser profile, and everything that went wrong on their pages. */
export interface Visit {
  context: BrowserContext;
  page: Page;
  /** Console errors, page errors, policy violations and requests to other hosts. */
  complaints: string[];
}

let adminCookies: Cookies | undefined;

async function signIn(context: BrowserContext): Promise<Cookies> {
  const answer = await context.request.post('/api/auth/login', {
    data: { username: ADMIN_USERNAME, password: inject('adminPassword') },
  });
  expect(answer.status()).toBe(200);
  return (await context.cookies()).filter((cookie) => cookie.name === 'token');
}

/** Opens a fresh profile. Reduced motion, so that nothing is looked at halfway. */
export async function startVisit(browser: Browser, options: VisitOptions = {}): Promise<Visit> {
  const { variants = {}, admin = false, ...contextOptions } = options;
  const context = await browser.newContext({ baseURL: baseUrl, reducedMotion: 'reduce', ...contextOptions });
  const complaints: string[] = [];
  await context.addCookies(
    Object.entries(variants).map(([testId, letter]) => ({
      name: `ab_${testId}`,
      value: letter,
      url: baseUrl,
    })),
  );
  if (admin) {
    adminCookies ??= await signIn(context);
    await context.addCookies(adminCookies);
  }
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${baseUrl}/`)) {
      complaints.push(`request to another host: ${request.url()}`);
    }
  });
  return { context, page, complaints };
}

/** Opens a page and waits until its own content is there. */
export async function openPage(page: Page, path: string): Promise<void> {
  const known = PAGES.find((candidate) => candidate.path === path);
  await page.goto(path);
  if (known) {
    await page.getByRole('heading', { level: 1, name: known.heading }).waitFor();
  }
  await page
    .getByRole('status')
    .filter({ hasText: /^(Loading|Checking)/ })
    .first()
    .waitFor({ state: 'detached' });
  if (path === '/admin/experiments') {
    await page.getByTestId('verdict').first().waitFor();
    await page
      .getByRole('figure', { name: /over time of/ })
      .first()
      .waitFor();
  }
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
}
