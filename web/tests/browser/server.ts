import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    baseUrl: string;
    adminPassword: string;
    /** Where a page of another site may be served: the server lists it at `localhost`. */
    sitePort: number;
  }
}

/** The name the tests sign in with. */
export const ADMIN_USERNAME = 'admin';

const START_LIMIT_MS = 30_000;
const VISITORS = 24;

/**
 * Starts the Dashly server the browser tests run against: `DASHLY_BIN` with an empty data folder on a free port. With
 * `DASHLY_URL` (and `DASHLY_ADMIN_PASSWORD`) a server that already runs is used instead.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // The page of another site has an address of its own, which the server has to list from its start.
  const sitePort = await freePort();
  const { baseUrl, adminPassword, stop } = await startServer(`http://localhost:${sitePort}`);
  try {
    await visit(baseUrl);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide('baseUrl', baseUrl);
  project.provide('adminPassword', adminPassword);
  project.provide('sitePort', sitePort);
  return stop;
}

interface RunningServer {
  baseUrl: string;
  adminPassword: string;
  stop: () => Promise<void>;
}

async function startServer(listedOrigin: string): Promise<RunningServer> {
  const { DASHLY_URL: url, DASHLY_ADMIN_PASSWORD: password, DASHLY_BIN: binary } = process.env;
  if (url !== undefined) {
    if (password === undefined) {
      throw new Error('DASHLY_URL is set: set DASHLY_ADMIN_PASSWORD too');
    }
    return { baseUrl: url.replace(/\/$/, ''), adminPassword: password, stop: () => Promise.resolve() };
  }
  if (binary === undefined) {
    throw new Error('set DASHLY_BIN to the built dashly program, or DASHLY_URL to a running server');
  }
  const adminPassword = randomBytes(15).toString('base64url');
  const dataFolder = await mkdtemp(join(tmpdir(), 'dashly-browser-'));
  const port = await freePort();
  const baseUrl = `http://127.0.0.1:${port}`;
  const repository = resolve(import.meta.dirname, '../../..');
  const child = spawn(resolve(binary), ['up'], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: dataFolder,
      TESTS_FILE: join(repository, 'tests.json'),
      ADMIN_USERNAME,
      CORS_ORIGIN: listedOrigin,
      ADMIN_PASSWORD: adminPassword,
      ADMIN_EMAIL: 'admin@example.test',
    },
  });
  const output: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const stop = async () => {
    await end(child);
    await rm(dataFolder, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(baseUrl, child);
  } catch (error) {
    await stop();
    throw new Error(`the server did not start:\n${output.join('')}`, { cause: error });
  }
  return { baseUrl, adminPassword, stop };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('no free port');
  }
  return address.port;
}

async function waitUntilReady(baseUrl: string, child: ChildProcess): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  while (Date.now() < limit) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    }
    const ready = await fetch(`${baseUrl}/health/ready`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) {
      return;
    }
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`/health/ready did not answer 200 within ${START_LIMIT_MS} ms`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await exited;
  clearTimeout(force);
}

/** Lets a few visitors see every experiment, some of them convert, so that there are results to look at. */
async function visit(baseUrl: string): Promise<void> {
  for (let visitor = 0; visitor < VISITORS; visitor += 1) {
    const view = await fetch(`${baseUrl}/api/experiments/dashboard`);
    const cookie = view.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    await fetch(`${baseUrl}/api/experiments/pricing-view`, { headers: { Cookie: cookie } });
    if (visitor % 3 === 0) {
      await fetch(`${baseUrl}/api/experiments/events`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Cookie: cookie },
        body: JSON.stringify({ event: 'kpi_click', testId: 'kpi_scorecard_layout' }),
      });
    }
  }
}
