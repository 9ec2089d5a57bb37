// The client for servers: one request for each flag.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { OFREPProvider } from '@openfeature/ofrep-provider';
import { OpenFeature } from '@openfeature/server-sdk';
import { token, url, urlWithToken, VALUES, variantsOf, VISITORS } from './dashly.mjs';

let client;

before(async () => {
  await OpenFeature.setProviderAndWait('open', new OFREPProvider({ baseUrl: url }));
  client = OpenFeature.getClient('open');
});
after(() => OpenFeature.close());

test('every kind of value is the one of the visitor’s variant', async () => {
  const seen = new Set();
  for (const targetingKey of VISITORS) {
    const variants = await variantsOf(targetingKey);
    const context = { targetingKey };
    const answers = {
      headline: await client.getStringDetails('headline', 'default', context),
      new_checkout: await client.getBooleanDetails('new_checkout', false, context),
      page_size: await client.getNumberDetails('page_size', -1, context),
      discount: await client.getNumberDetails('discount', -1, context),
    };
    for (const [key, answer] of Object.entries(answers)) {
      assert.equal(answer.errorCode, undefined, `${key}: ${answer.errorMessage}`);
      assert.equal(answer.variant, variants[key]);
      assert.equal(answer.value, VALUES[key][answer.variant]);
      assert.equal(answer.reason, 'SPLIT');
      assert.deepEqual(
        { ...answer.flagMetadata },
        { experiment: key, status: 'running', enrolled: true, exposureLogged: false },
      );
      seen.add(`${key} ${answer.value}`);
    }
  }
  assert.equal(seen.size, 8, `both variants of all four: ${[...seen]}`);
});

test('unknown flags and drafts give the default', async () => {
  for (const key of ['unknown', 'planned']) {
    const answer = await client.getStringDetails(key, 'default', { targetingKey: 'visitor-1' });
    assert.equal(answer.value, 'default');
    assert.equal(answer.errorCode, 'FLAG_NOT_FOUND');
  }
});

test('a flag of another kind gives the default', async () => {
  const answer = await client.getStringDetails('page_size', 'default', { targetingKey: 'visitor-1' });
  assert.equal(answer.value, 'default');
  assert.equal(answer.errorCode, 'TYPE_MISMATCH');
});

test('a stopped flag gives the control', async () => {
  const answer = await client.getStringDetails('finished', 'default', { targetingKey: 'visitor-1' });
  assert.equal(answer.value, 'new');
  assert.equal(answer.reason, 'DISABLED');
});

test('a missing or unfit targeting key is told as such', async () => {
  const missing = await client.getStringDetails('headline', 'default', {});
  assert.deepEqual([missing.value, missing.errorCode], ['default', 'TARGETING_KEY_MISSING']);
  const unfit = await client.getStringDetails('headline', 'default', { targetingKey: 'ada@example.com' });
  assert.deepEqual([unfit.value, unfit.errorCode], ['default', 'INVALID_CONTEXT']);
  assert.match(unfit.errorMessage, /1 to 64/);
});

test('a tracked evaluation says that the exposure is stored', async () => {
  const context = { targetingKey: 'visitor-js-server', plan: 'pro', nested: { ages: [1, 2] } };
  const answer = await client.getStringDetails('tracked', 'default', context);
  assert.equal(answer.flagMetadata.exposureLogged, true);
});

test('many evaluations are not limited', async () => {
  for (let round = 0; round < 10; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, number) =>
        client.getStringDetails('headline', 'default', { targetingKey: `visitor-${round}-${number}` }),
      ),
    );
    assert.ok(answers.every((answer) => answer.errorCode === undefined));
  }
});

test('tokens are sent either way, and a wrong one gives the default', async () => {
  const headers = [
    [['Authorization', `Bearer ${token}`], 'SPLIT'],
    [['X-API-Key', token], 'SPLIT'],
    [['X-API-Key', `${token}-wrong`], 'ERROR'],
  ];
  for (const [header, reason] of headers) {
    await OpenFeature.setProviderAndWait(
      'token',
      new OFREPProvider({ baseUrl: urlWithToken, headers: [header] }),
    );
    const answer = await OpenFeature.getClient('token').getStringDetails('headline', 'default', {
      targetingKey: 'visitor-1',
    });
    assert.equal(answer.reason, reason, answer.errorMessage);
  }
});
