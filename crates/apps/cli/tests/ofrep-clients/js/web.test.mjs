// The client for browsers: one request for all flags, kept until the context changes.

import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { OFREPWebProvider } from '@openfeature/ofrep-web-provider';
import { OpenFeature } from '@openfeature/web-sdk';
import { editTests, token, url, urlWithToken, VALUES, variantsOf, VISITORS } from './dashly.mjs';

/** What the client asked and heard: the tag it sent, the status and the tag it got. */
let exchanges;

async function recordingFetch(request) {
  const answer = await fetch(request);
  exchanges.push({
    sent: request.headers.get('if-none-match'),
    status: answer.status,
    tag: answer.headers.get('etag'),
  });
  return answer;
}

function provider(options = {}) {
  return new OFREPWebProvider({
    baseUrl: url,
    fetchImplementation: recordingFetch,
    cacheMode: 'disabled',
    ...options,
  });
}

beforeEach(async () => {
  // A provider of the test before would hear of the new context too.
  await OpenFeature.clearProviders();
  exchanges = [];
});
after(() => OpenFeature.close());

test('every kind of value is the one of the visitor’s variant', async () => {
  for (const targetingKey of VISITORS) {
    await OpenFeature.setContext({ targetingKey });
    await OpenFeature.setProviderAndWait(provider());
    const client = OpenFeature.getClient();
    const variants = await variantsOf(targetingKey);
    const answers = {
      headline: client.getStringDetails('headline', 'default'),
      new_checkout: client.getBooleanDetails('new_checkout', false),
      page_size: client.getNumberDetails('page_size', -1),
      discount: client.getNumberDetails('discount', -1),
    };
    for (const [key, answer] of Object.entries(answers)) {
      assert.equal(answer.errorCode, undefined, `${key}: ${answer.errorMessage}`);
      assert.equal(answer.variant, variants[key]);
      assert.equal(answer.value, VALUES[key][answer.variant]);
      assert.equal(answer.reason, 'SPLIT');
    }
    assert.equal(client.getStringDetails('finished', 'default').value, 'new');
    for (const key of ['unknown', 'planned']) {
      const answer = client.getStringDetails(key, 'default');
      assert.deepEqual([answer.value, answer.errorCode], ['default', 'FLAG_NOT_FOUND']);
    }
  }
});

test('the tag of an earlier context brings no old values, and the same context brings 304', async () => {
  await OpenFeature.setContext({ targetingKey: 'visitor-1', plan: 'pro' });
  await OpenFeature.setProviderAndWait(provider());
  const client = OpenFeature.getClient();
  const before = client.getStringValue('headline', 'default');

  // This client keeps its tag as long as the targeting key stays.
  await OpenFeature.setContext({ targetingKey: 'visitor-1', plan: 'free' });
  await OpenFeature.setContext({ plan: 'free', targetingKey: 'visitor-1' });

  assert.deepEqual(
    exchanges.map(({ status }) => status),
    [200, 200, 304],
  );
  assert.equal(exchanges[1].sent, exchanges[0].tag);
  assert.notEqual(exchanges[1].tag, exchanges[0].tag);
  assert.equal(exchanges[2].sent, exchanges[1].tag);
  assert.equal(client.getStringValue('headline', 'default'), before);
});

test('another visitor gets the flags of that visitor', async () => {
  await OpenFeature.setContext({ targetingKey: VISITORS[0] });
  await OpenFeature.setProviderAndWait(provider());
  const client = OpenFeature.getClient();
  for (const targetingKey of VISITORS) {
    await OpenFeature.setContext({ targetingKey });
    assert.equal(
      client.getStringDetails('headline', 'default').variant,
      (await variantsOf(targetingKey)).headline,
    );
  }
});

test('an edit of the experiments ends the tag', async () => {
  const context = () => ({ targetingKey: 'visitor-1' });
  await OpenFeature.setContext(context());
  await OpenFeature.setProviderAndWait(provider());
  const client = OpenFeature.getClient();
  assert.equal(client.getStringValue('moving', 'default'), 'before');
  await OpenFeature.setContext(context());

  await editTests('"weights": { "A": 1, "B": 0 }', '"weights": { "A": 0, "B": 1 }');
  await OpenFeature.setContext(context());

  assert.deepEqual(
    exchanges.map(({ status }) => status),
    [200, 304, 200],
  );
  assert.equal(client.getStringValue('moving', 'default'), 'after');
});

test('a tracked flag says that the exposure is stored', async () => {
  await OpenFeature.setContext({ targetingKey: 'visitor-js-web' });
  await OpenFeature.setProviderAndWait(provider());
  const { flagMetadata } = OpenFeature.getClient().getStringDetails('tracked', 'default');
  assert.equal(flagMetadata.exposureLogged, true);
});

test('a provider without a targeting key is refused', async () => {
  await OpenFeature.setContext({});
  await assert.rejects(OpenFeature.setProviderAndWait(provider()), /status: 400/);
});

test('a token opens the server, and a wrong one is fatal', async () => {
  await OpenFeature.setContext({ targetingKey: 'visitor-1' });
  const options = { baseUrl: urlWithToken, headers: [['Authorization', `Bearer ${token}`]] };
  await OpenFeature.setProviderAndWait(provider(options));
  assert.equal(OpenFeature.getClient().getStringDetails('headline', 'default').reason, 'SPLIT');
  await assert.rejects(OpenFeature.setProviderAndWait(provider({ baseUrl: urlWithToken })), {
    code: 'PROVIDER_FATAL',
  });
});
