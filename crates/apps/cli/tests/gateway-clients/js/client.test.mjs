// The official clients for JavaScript see through the gateway what they see without it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import * as newest from 'sdk';
import * as older from 'sdk-older';

const scenarios = JSON.parse(await readFile(new URL('../scenarios.json', import.meta.url), 'utf8'));
const direct = process.env.DASHLY_PROVIDER_URL;
const through = process.env.DASHLY_GATEWAY_URL;
const model = 'claude-sonnet-5-5';
const question = { model, max_tokens: 100, messages: [{ role: 'user', content: 'How was July?' }] };
const names = [
  'retry-after',
  'request-id',
  'anthropic-organization-id',
  'anthropic-ratelimit-requests-remaining',
  'x-dashly-fake-upstream',
];

// Ids count up, whoever asks.
const withoutNumbers = (value) => JSON.stringify(value).replaceAll(/(msg|req)_fake_\d+/g, '$1_fake_N');
const picked = (headers) => Object.fromEntries(names.map((name) => [name, headers?.get(name) ?? null]));

async function described(sdk, entry, baseURL) {
  const api = new sdk.Anthropic({ baseURL, apiKey: 'dummy', maxRetries: entry.retries ?? 0, timeout: 3000 });
  const options = { headers: { 'x-fake-scenario': entry.scenario } };
  const started = performance.now();
  let seen;
  try {
    if (entry.stream) {
      const stream = api.messages.stream(question, options);
      const kinds = [];
      // A stream that stalls has no time limit of the client's own once it has begun.
      const limit = setTimeout(() => stream.abort(), 3000);
      try {
        for await (const event of stream) kinds.push(event.type);
        seen = { kinds, message: await stream.finalMessage() };
      } finally {
        clearTimeout(limit);
      }
    } else {
      const { data, response } = await api.messages.create(question, options).withResponse();
      seen = { message: data, request: data._request_id, headers: picked(response.headers) };
    }
  } catch (error) {
    seen = {
      class: error.constructor.name,
      status: error.status ?? null,
      body: error.error ?? null,
      request: error.requestID ?? null,
      headers: picked(error.headers),
    };
  }
  return { seen: withoutNumbers(seen), passed: performance.now() - started };
}

for (const [version, sdk] of Object.entries({ newest, older })) {
  describe(`the ${version} client`, () => {
    for (const entry of scenarios) {
      test(entry.name, async () => {
        const expected = await described(sdk, entry, direct);
        const found = await described(sdk, entry, through);
        if (entry.may_end_earlier) {
          assert.match(found.seen, /"class"/);
          assert.ok(found.passed < expected.passed + 500);
        } else {
          assert.equal(found.seen, expected.seen);
          assert.ok(Math.abs(found.passed - expected.passed) < 500, `${found.passed} and ${expected.passed} ms`);
        }
      });
    }
    test('an alias is answered by its model', async () => {
      const api = new sdk.Anthropic({ baseURL: through, apiKey: 'dummy', maxRetries: 0 });
      assert.equal((await api.messages.create({ ...question, model: 'haiku' })).model, 'claude-haiku-5-5');
    });
  });
}
