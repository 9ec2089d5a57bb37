import { ApiError } from './ApiError.ts';
import { parseProblem } from './problem.ts';

/** Longest wait for an answer, in milliseconds: a page never hangs on a server that accepts and stays silent. */
const TIMEOUT_MS = 15_000;

interface RequestOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal;
  /** Lets the request outlive the page, for events that are sent while the visitor navigates away. */
  keepalive?: boolean;
}

/**
 * Sends one request to this install's API and gives its JSON body.
 *
 * Cookies carry the session and the visitor; no token is ever held in script.
 * Throws {@link ApiError} for every failure, including a lost connection and a body that is not JSON.
 */
export async function request<Body>(path: `/api/${string}`, options: RequestOptions = {}): Promise<Body> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const hasBody = options.body !== undefined;
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method: options.method ?? 'GET',
      credentials: 'same-origin',
      cache: 'no-store',
      headers: { Accept: 'application/json', ...(hasBody ? { 'Content-Type': 'application/json' } : {}) },
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      keepalive: options.keepalive ?? false,
      ...(hasBody ? { body: JSON.stringify(options.body) } : {}),
    });
    text = await response.text();
  } catch (cause) {
    if (options.signal?.aborted) {
      throw cause;
    }
    throw new ApiError({ kind: 'network', detail: networkDetail(cause), cause });
  }
  if (!response.ok) {
    throw parseProblem(
      { status: response.status, body: text, retryAfter: response.headers.get('Retry-After') },
      new Date(),
    );
  }
  try {
    return JSON.parse(text) as Body;
  } catch (cause) {
    throw new ApiError({
      kind: 'unexpected',
      status: response.status,
      detail: 'The server sent an answer that cannot be read.',
      cause,
    });
  }
}

function networkDetail(cause: unknown): string {
  return cause instanceof DOMException && cause.name === 'TimeoutError'
    ? 'The server did not answer in time.'
    : 'The server cannot be reached.';
}
