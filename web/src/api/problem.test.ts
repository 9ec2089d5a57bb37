import { describe, expect, it } from 'vitest';
import { parseProblem, parseRetryAfter } from './problem.ts';

const NOW = new Date('2026-11-22T19:00:00Z');

describe('parseProblem', () => {
  it('keeps detail, fields and request id of a problem document', () => {
    const body = JSON.stringify({
      type: 'https://dashly.invalid/problems/missing-field',
      title: 'Missing field',
      status: 400,
      detail: 'password is required',
      request_id: 'req_1',
      errors: [{ pointer: '/password', code: 'required', detail: 'must not be empty' }],
    });

    const error = parseProblem({ status: 400, body, retryAfter: null }, NOW);

    expect(error).toMatchObject({
      kind: 'problem',
      status: 400,
      detail: 'password is required',
      requestId: 'req_1',
    });
    expect(error.fields).toEqual([{ pointer: '/password', code: 'required', detail: 'must not be empty' }]);
  });

  it('reads the older message and error keys', () => {
    expect(parseProblem({ status: 401, body: '{"message":"no token"}', retryAfter: null }, NOW).detail).toBe(
      'no token',
    );
    expect(parseProblem({ status: 400, body: '{"error":"no event"}', retryAfter: null }, NOW).detail).toBe(
      'no event',
    );
  });

  it('never shows a body that is not a problem', () => {
    const error = parseProblem({ status: 503, body: '<html>Bad gateway</html>', retryAfter: '7' }, NOW);

    expect(error.kind).toBe('unexpected');
    expect(error.detail).toBe('The server cannot take this right now. Try again in a moment.');
    expect(error.retryAfterSeconds).toBe(7);
  });

  it('drops entries of errors that have no pointer', () => {
    const body = JSON.stringify({ detail: 'invalid', errors: [null, 'x', { detail: 'no pointer' }] });

    expect(parseProblem({ status: 422, body, retryAfter: null }, NOW).fields).toEqual([]);
  });
});

describe('parseRetryAfter', () => {
  it('reads seconds and dates', () => {
    expect(parseRetryAfter('30', NOW)).toBe(30);
    expect(parseRetryAfter('Sun, 22 Nov 2026 19:01:30 GMT', NOW)).toBe(90);
  });

  it('gives 0 for a date in the past and null for anything else', () => {
    expect(parseRetryAfter('Sun, 22 Nov 2026 18:00:00 GMT', NOW)).toBe(0);
    expect(parseRetryAfter(null, NOW)).toBeNull();
    expect(parseRetryAfter('soon', NOW)).toBeNull();
  });
});
