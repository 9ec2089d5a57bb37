// The running servers, and what both clients are compared with.

import { readFile, rename, writeFile } from 'node:fs/promises';

/** A server without tokens. */
export const url = process.env.DASHLY_URL;
/** A server with `token` as its only token. */
export const urlWithToken = process.env.DASHLY_URL_WITH_TOKEN;
export const token = process.env.DASHLY_OFREP_TOKEN;

export const VISITORS = Array.from({ length: 12 }, (_, number) => `visitor-${number}`);

/** What each variant of each flag gives, as in `tests.json`. */
export const VALUES = {
  headline: { A: 'statement', B: 'question' },
  new_checkout: { off: false, on: true },
  page_size: { small: 20, large: 42 },
  discount: { low: 1, high: 42 },
};

const UNEDITED = 'A flag of text';
const EDITED = 'A flag of text, after an edit';

/** The variants that the view gives the same visitor: what the flags have to agree with. */
export async function variantsOf(visitor) {
  const view = await fetch(`${url}/api/experiments/dashboard`, {
    headers: { Cookie: `ab_visitor_id=${visitor}` },
  });
  return (await view.json()).variants;
}

/**
 * Changes the text of the server's file of experiments and waits until it is in use. The text, because JavaScript would
 * write 42.0 as 42, which is another kind of flag.
 */
export async function editTests(before, after) {
  const path = process.env.DASHLY_TESTS_FILE;
  const text = await readFile(path, 'utf8');
  if (!text.includes(before) || !text.includes(UNEDITED)) {
    throw new Error(`the file of experiments lacks ${before}, or was edited before`);
  }
  await writeFile(`${path}.new`, text.replace(before, after).replace(UNEDITED, EDITED));
  await rename(`${path}.new`, path);
  const limit = Date.now() + 20_000;
  for (;;) {
    const { experiments } = await (await fetch(`${url}/api/experiments/config`)).json();
    if (experiments[0].description === EDITED) {
      return;
    }
    if (Date.now() > limit) {
      throw new Error('the server did not take up the edit');
    }
    await new Promise((next) => setTimeout(next, 50));
  }
}
