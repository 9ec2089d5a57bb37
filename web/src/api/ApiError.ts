import type { Problem, ProblemField } from './types.ts';

/** Why a request failed: the server refused it, it never got an answer, or the answer was not what was promised. */
export type ApiErrorKind = 'problem' | 'network' | 'unexpected';

interface ApiErrorOptions {
  kind: ApiErrorKind;
  detail: string;
  status?: number;
  problem?: Problem;
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** The one error that leaves the API client, so that a page decides by `kind` and `status` and never parses text. */
export class ApiError extends Error {
  readonly kind: ApiErrorKind;
  /** HTTP status, or 0 when there was no answer. */
  readonly status: number;
  /** Sentence that may be shown to a person. */
  readonly detail: string;
  readonly fields: readonly ProblemField[];
  /** Quoted to the operator, who finds the request in the log by it. */
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(options: ApiErrorOptions) {
    super(options.detail, { cause: options.cause });
    this.name = 'ApiError';
    this.kind = options.kind;
    this.status = options.status ?? 0;
    this.detail = options.detail;
    this.fields = options.problem?.errors ?? [];
    this.requestId = options.problem?.request_id ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

/** True for an error of the API with this HTTP status. */
export function isStatus(error: unknown, status: number): error is ApiError {
  return error instanceof ApiError && error.status === status;
}
