import { ApiError } from './ApiError.ts';
import type { Problem, ProblemField } from './types.ts';

/** What the parser needs of a response: lets tests hand in plain values. */
export interface FailedAnswer {
  status: number;
  body: string;
  retryAfter: string | null;
}

const FALLBACK_DETAIL: Record<number, string> = {
  401: 'You are not signed in.',
  403: 'Your account may not see this.',
  404: 'This does not exist.',
  413: 'The request is too large.',
  429: 'Too many attempts. Wait a moment and try again.',
  503: 'The server cannot take this right now. Try again in a moment.',
};

/**
 * Turns a refused answer into an {@link ApiError}.
 *
 * A proxy in front of Dashly may answer with HTML or with nothing: such a body never reaches the person, the status
 * decides the sentence instead.
 */
export function parseProblem(answer: FailedAnswer, now: Date): ApiError {
  const problem = readProblem(answer);
  const retryAfterSeconds = parseRetryAfter(answer.retryAfter, now);
  return new ApiError({
    kind: problem ? 'problem' : 'unexpected',
    status: answer.status,
    detail:
      problem?.detail ??
      FALLBACK_DETAIL[answer.status] ??
      `The server answered with status ${answer.status}.`,
    ...(problem ? { problem } : {}),
    ...(retryAfterSeconds === null ? {} : { retryAfterSeconds }),
  });
}

/** Seconds to wait from a `Retry-After` header, given as seconds or as a date; null when absent or unreadable. */
export function parseRetryAfter(header: string | null, now: Date): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) {
    return Number(text);
  }
  const instant = Date.parse(text);
  return Number.isNaN(instant) ? null : Math.max(0, Math.ceil((instant - now.getTime()) / 1000));
}

function readProblem(answer: FailedAnswer): Problem | null {
  let body: unknown;
  try {
    body = JSON.parse(answer.body);
  } catch {
    return null;
  }
  if (typeof body !== 'object' || body === null) {
    return null;
  }
  const record = body as Record<string, unknown>;
  const detail = [record.detail, record.message, record.error].find(isSentence);
  if (detail === undefined) {
    return null;
  }
  return {
    type: isSentence(record.type) ? record.type : 'about:blank',
    title: isSentence(record.title) ? record.title : detail,
    status: answer.status,
    detail,
    ...(isSentence(record.request_id) ? { request_id: record.request_id } : {}),
    errors: Array.isArray(record.errors) ? record.errors.filter(isProblemField) : [],
  };
}

function isSentence(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isProblemField(value: unknown): value is ProblemField {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as ProblemField).pointer === 'string' &&
    typeof (value as ProblemField).detail === 'string'
  );
}
