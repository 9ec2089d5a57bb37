// The rounds of scripts/power-cut, which prepares the namespace this runs in. See there for the options.
//
// One round:
//   1. An ext4 file system in an image file is mounted through a loop device; the server keeps its database on it.
//   2. Visitors send exposures and events (power-cut-load.mjs) and note what the server acknowledges.
//   3. At a random moment the server is stopped (SIGSTOP) and the image file is copied. The file holds exactly what the
//      file system has handed to the "disk"; what only lies in memory, unsynced, is not in it.
//   4. The server is killed, the copy is mounted (which replays the file system's journal), the database is checked:
//      every acknowledged record must be there, none twice.
//   5. The copy is the disk of the next round, so records must survive all later cuts too. After some thousand records
//      a fresh disk is taken.

import { fork, execFileSync, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import * as fs from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// The server obeys this variable only when it is built for it.
const SYNCHRONOUS_VARIABLE = 'DASHLY_UNSAFE_SQLITE_SYNCHRONOUS';
const DATABASE = 'dashly.db';
// Each row: what the load noted as acknowledged, and how often it is stored.
const STORED_EXPOSURES =
  "select 'exposure ' || user_or_session_id || ' ' || test_id, count(*) from experiment_exposures group by 1";
const STORED_EVENTS =
  "select 'event ' || event_id, count(*) from experiment_events where event_id is not null group by 1";

const IMAGE_BYTES = 64 * 1024 * 1024;
const CUT_AFTER_MS = { from: 50, to: 300 };
const RECORDS_PER_DISK = 20_000;
const READY_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5_000;
const MOST_LOSSES_SHOWN = 5;

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = readOptions({
  options: {
    folder: { type: 'string' },
    binary: { type: 'string' },
    rounds: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
    synchronous: { type: 'string', default: 'FULL' },
    'expect-loss': { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds);
const seed = Number(options.seed);
if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds must be a whole number from 1, not ${options.rounds}`);
if (!Number.isInteger(seed)) fail(`--seed must be a whole number, not ${options.seed}`);
if (!['FULL', 'NORMAL', 'OFF'].includes(options.synchronous)) {
  fail(`--synchronous must be FULL, NORMAL or OFF, not ${options.synchronous}`);
}

function readOptions(known) {
  try {
    return parseArgs(known);
  } catch (error) {
    return fail(error.message);
  }
}

const path = (name) => join(options.folder, name);
const MOUNT_POINT = path('mount');
const LOOK = path('look');
const SERVER_LOG = path('server.log');
const ACKNOWLEDGED = path('acknowledged');

function fail(text) {
  console.error(`power-cut: ${text}`);
  process.exit(1);
}

const run = (command, ...args) => execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 30 }).trim();
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// mulberry32: small, and equal everywhere for one seed.
function randomNumbers(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// --- the disk --------------------------------------------------------------------------------------------------------

let isMounted = false;

// mount makes the loop device itself and marks it to go with the mount, however that ends.
function mount(image) {
  run('mount', '-t', 'ext4', '-o', 'loop', image, MOUNT_POINT);
  isMounted = true;
}

function unmount() {
  if (isMounted) run('umount', MOUNT_POINT);
  isMounted = false;
}

function readWhole(file, buffer) {
  const handle = fs.openSync(file, 'r');
  let offset = 0;
  while (offset < buffer.length) {
    const read = fs.readSync(handle, buffer, offset, buffer.length - offset, offset);
    if (read === 0) throw new Error(`${file} is shorter than expected`);
    offset += read;
  }
  fs.closeSync(handle);
}

const first = Buffer.alloc(IMAGE_BYTES);
const second = Buffer.alloc(IMAGE_BYTES);

// A copy takes milliseconds in which the kernel may still write: a mix of before and after would be a state that no
// disk ever had. Two equal readings in a row are the state at the moment between them.
function copyAsOfOneMoment(image, copy) {
  readWhole(image, first);
  for (let attempt = 0; attempt < 50; attempt += 1) {
    readWhole(image, second);
    if (first.equals(second)) {
      fs.writeFileSync(copy, first);
      return;
    }
    second.copy(first);
  }
  throw new Error('the image does not come to rest although the server is stopped');
}

// --- the server ------------------------------------------------------------------------------------------------------

const adminPassword = randomBytes(18).toString('hex');

function freePort() {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

async function startServer(disk) {
  const port = await freePort();
  const log = fs.openSync(SERVER_LOG, 'w');
  const child = spawn(options.binary, ['up'], {
    cwd: join(here, '..'),
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: join(MOUNT_POINT, 'data'),
      EXPERIMENT_LOG_DIR: path(`experiment-logs-${disk}`),
      TESTS_FILE: join(here, '..', 'tests.json'),
      ADMIN_PASSWORD: adminPassword,
      [SYNCHRONOUS_VARIABLE]: options.synchronous,
    },
  });
  fs.closeSync(log);
  const server = { child, url: `http://127.0.0.1:${port}`, ended: false };
  server.end = new Promise((resolve) => {
    child.on('error', resolve).on('exit', resolve);
  }).then(() => {
    server.ended = true;
  });
  const deadline = Date.now() + READY_LIMIT_MS;
  while (!(await isReady(server.url))) {
    if (server.ended || Date.now() > deadline) {
      await killServer(server);
      return null;
    }
    await sleep(5);
  }
  return server;
}

function isReady(url) {
  return new Promise((resolve) => {
    get(`${url}/health/ready`, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

async function killServer(server) {
  server.child.kill('SIGKILL');
  await server.end;
}

// SIGSTOP reaches threads one by one, and one inside a system call stops only after it: wait for all.
async function freeze(server) {
  server.child.kill('SIGSTOP');
  const tasks = `/proc/${server.child.pid}/task`;
  const deadline = Date.now() + STOP_LIMIT_MS;
  const isStopped = (task) => {
    const stat = fs.readFileSync(`${tasks}/${task}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  };
  while (!fs.readdirSync(tasks).every(isStopped)) {
    if (Date.now() > deadline) throw new Error('the server does not stop');
    await sleep(1);
  }
}

// --- one round -------------------------------------------------------------------------------------------------------

async function prepareFreshDisk() {
  fs.mkdirSync(MOUNT_POINT);
  fs.closeSync(fs.openSync(path('fresh.img'), 'w'));
  fs.truncateSync(path('fresh.img'), IMAGE_BYTES);
  run('mkfs.ext4', '-q', '-F', '-b', '4096', '-E', 'lazy_itable_init=0,lazy_journal_init=0', path('fresh.img'));
  mount(path('fresh.img'));
  fs.mkdirSync(join(MOUNT_POINT, 'data'));
  const server = await startServer('fresh');
  if (server === null) fail(`the server does not start:\n${fs.readFileSync(SERVER_LOG, 'utf8')}`);
  server.child.kill('SIGTERM');
  await server.end;
  unmount();
}

async function loadUntilCut(server, round, cutAfterMs) {
  fs.writeFileSync(ACKNOWLEDGED, '');
  const load = fork(join(here, 'power-cut-load.mjs'), [server.url, `round-${round}`, ACKNOWLEDGED]);
  const loadEnd = new Promise((resolve) => load.on('exit', resolve));
  const started = await Promise.race([
    new Promise((resolve) => load.once('message', () => resolve(true))),
    sleep(READY_LIMIT_MS).then(() => false),
    loadEnd.then(() => false),
  ]);
  if (!started) {
    load.kill('SIGKILL');
    throw new Error(`nothing was acknowledged:\n${fs.readFileSync(SERVER_LOG, 'utf8')}`);
  }
  await sleep(cutAfterMs);
  await freeze(server);
  copyAsOfOneMoment(path('disk.img'), path('survived.img'));
  await killServer(server);
  // What the server sent before it was stopped is acknowledged, so the load reads on until the connections are cut.
  load.send('stop');
  await loadEnd;
  return fs.readFileSync(ACKNOWLEDGED, 'utf8').split('\n').filter(Boolean);
}

function lookIntoDatabase() {
  fs.rmSync(LOOK, { recursive: true, force: true });
  fs.mkdirSync(LOOK);
  // A copy is looked at, so that the server itself recovers what survived. Without -shm, which is only an index.
  for (const name of [DATABASE, `${DATABASE}-wal`]) {
    const file = join(MOUNT_POINT, 'data', name);
    if (fs.existsSync(file)) fs.copyFileSync(file, join(LOOK, name));
  }
  const ask = (sql) => run('sqlite3', '-batch', '-noheader', '-separator', '\t', join(LOOK, DATABASE), sql);
  try {
    const integrity = ask('pragma integrity_check');
    if (integrity !== 'ok') return { fault: `integrity_check: ${integrity.slice(0, 300)}` };
    const rows = [STORED_EXPOSURES, STORED_EVENTS].flatMap((sql) => ask(sql).split('\n').filter(Boolean));
    return { stored: new Map(rows.map((row) => row.split('\t')).map(([record, count]) => [record, Number(count)])) };
  } catch (error) {
    return { fault: `the database cannot be read: ${String(error.stderr || error.message).slice(0, 300)}` };
  }
}

const random = randomNumbers(seed);
const total = { acknowledged: 0, lost: 0, twice: 0, faults: 0, unanswered: 0 };
const shown = [];

function note(text) {
  if (shown.length < MOST_LOSSES_SHOWN) shown.push(text);
}

// What must be on the disk at present, or null when the next round takes a fresh disk.
let expected = null;

async function playRound(round) {
  const cutAfterMs = CUT_AFTER_MS.from + random() * (CUT_AFTER_MS.to - CUT_AFTER_MS.from);
  if (expected === null || expected.size > RECORDS_PER_DISK) {
    unmount();
    fs.copyFileSync(path('fresh.img'), path('disk.img'));
    mount(path('disk.img'));
    expected = new Set();
  }
  const server = await startServer(round);
  if (server === null) {
    total.faults += 1;
    note(`round ${round}: the server does not start on what survived: ${fs.readFileSync(SERVER_LOG, 'utf8').slice(-300)}`);
    expected = null;
    return;
  }

  const acknowledged = await loadUntilCut(server, round, cutAfterMs);
  unmount();
  fs.renameSync(path('survived.img'), path('disk.img'));
  mount(path('disk.img'));

  total.acknowledged += acknowledged.length;
  for (const record of acknowledged) expected.add(record);
  reconcile(round, lookIntoDatabase());
}

function reconcile(round, { stored, fault }) {
  if (fault) {
    total.faults += 1;
    total.lost += expected.size;
    note(`round ${round}: ${fault}`);
    expected = null;
    return;
  }
  const lost = [...expected].filter((record) => !stored.has(record));
  const twice = [...stored].filter(([, count]) => count !== 1);
  total.lost += lost.length;
  total.twice += twice.length;
  total.unanswered += stored.size + lost.length - expected.size;
  for (const record of lost) note(`round ${round}: lost ${record}`);
  for (const [record, count] of twice) note(`round ${round}: ${record} is stored ${count} times`);
  if (lost.length > 0 || twice.length > 0) {
    expected = null;
  } else {
    // Stored but not answered before the cut: it must stay from now on, and is not counted again.
    for (const record of stored.keys()) expected.add(record);
  }
}

async function main() {
  const startedAt = Date.now();
  await prepareFreshDisk();
  for (let round = 1; round <= rounds; round += 1) {
    await playRound(round);
    if (round % 10 === 0 || round === rounds) {
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
      console.log(`round ${round} of ${rounds}, ${seconds} s: ${total.acknowledged} acknowledged, ${total.lost} lost`);
    }
  }
  unmount();

  const bad = total.lost > 0 || total.twice > 0 || total.faults > 0;
  for (const line of shown) console.log(line);
  console.log(
    `synchronous=${options.synchronous} rounds=${rounds} seed=${seed} acknowledged=${total.acknowledged} ` +
      `lost=${total.lost} stored_twice=${total.twice} broken_databases=${total.faults} ` +
      `stored_but_unanswered=${total.unanswered}`,
  );
  if (options['expect-loss']) {
    console.log(bad ? 'The rig finds losses where they must occur.' : 'FAILED: losses were expected, none was found.');
  } else {
    console.log(bad ? 'FAILED: acknowledged records did not survive.' : 'Everything acknowledged survived every cut.');
  }
  process.exit(bad === options['expect-loss'] ? 0 : 1);
}

process.on('SIGINT', () => fail(`interrupted; seed was ${seed}`));
process.on('SIGTERM', () => fail(`interrupted; seed was ${seed}`));
await main().catch((error) => fail(`${error.stack}\nseed was ${seed}`));
