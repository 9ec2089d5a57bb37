// Visitors for scripts/power-cut: sends exposures and events as fast as the server answers and notes what it
// acknowledges, one line each, as `exposure VISITOR TEST` or `event EVENT_ID`.
//
// Usage: started by power-cut-rig.mjs with: BASE_URL PREFIX_OF_EVENT_IDS FILE
// Sends one message to its parent at the first acknowledgement; ends when told "stop".

import { openSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';

const VISITORS_AT_ONCE = 16;
const EVENTS_PER_VISITOR = 2;

const [base, prefix, file] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: VISITORS_AT_ONCE });
const notes = openSync(file, 'a');
let stopping = false;
let acknowledgedAny = false;
let visitors = 0;

function acknowledged(lines) {
  if (lines.length === 0) return;
  writeSync(notes, `${lines.join('\n')}\n`);
  if (!acknowledgedAny) {
    acknowledgedAny = true;
    process.send('acknowledged');
  }
}

function call(method, path, cookie, body) {
  return new Promise((resolve, reject) => {
    const headers = { ...(cookie && { cookie }), ...(body && { 'content-type': 'application/json' }) };
    const outgoing = request(`${base}${path}`, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => (text += part));
      response.on('error', reject);
      response.on('end', () => {
        // A reply that was cut off is no acknowledgement.
        if (response.complete) resolve({ status: response.statusCode, headers: response.headers, text });
        else reject(new Error('the reply was cut off'));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body && JSON.stringify(body));
  });
}

async function visit(number) {
  const view = await call('GET', '/api/experiments/dashboard');
  if (view.status !== 200) return;
  const pairs = (view.headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0]);
  const visitor = pairs.find((pair) => pair.startsWith('ab_visitor_id='))?.slice('ab_visitor_id='.length);
  const { exposure_logged: logged, exposed } = JSON.parse(view.text);
  acknowledged(logged ? exposed.map((test) => `exposure ${visitor} ${test}`) : []);

  for (let index = 0; index < EVENTS_PER_VISITOR; index += 1) {
    const id = `${prefix}-visitor-${number}-event-${index}`;
    const event = { event: 'kpi_click', testId: 'kpi_scorecard_layout', event_id: id };
    const reply = await call('POST', '/api/experiments/events', pairs.join('; '), event);
    if (reply.status === 200 && JSON.parse(reply.text).success === true) acknowledged([`event ${id}`]);
  }
}

async function visitorAfterVisitor() {
  while (!stopping) {
    visitors += 1;
    try {
      await visit(visitors);
    } catch {
      // The cut, or a refusal: not acknowledged. The pause keeps a dead server from spinning this loop.
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

process.on('message', () => {
  stopping = true;
  // Replies that the server sent before the cut may still lie in this process' sockets.
  setTimeout(() => process.exit(0), 20);
});
await Promise.all(Array.from({ length: VISITORS_AT_ONCE }, visitorAfterVisitor));
