import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, inject, it } from 'vitest';

it('is built against the description that this server gives of itself', async () => {
  const kept: unknown = JSON.parse(
    readFileSync(resolve(import.meta.dirname, '../../../openapi/api.json'), 'utf8'),
  );

  const answer = await fetch(`${inject('baseUrl')}/api/docs/openapi.json`);

  expect(await answer.json(), 'openapi/api.json is old: run `make openapi`').toEqual(kept);
});
