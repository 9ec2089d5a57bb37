import { isStatus } from './ApiError.ts';
import { request } from './client.ts';
import type { LoginResponse, SessionResponse, User } from './types.ts';

/** What a person types to sign in. `account` may be the user name or the e-mail address. */
export interface Credentials {
  account: string;
  password: string;
}

/** Signs in; the server sets the session cookie. Throws with status 401 (wrong) or 429 (too many attempts). */
export async function signIn({ account, password }: Credentials): Promise<User> {
  const identity = account.includes('@') ? { email: account } : { username: account };
  const answer = await request<LoginResponse>('/api/auth/login', {
    method: 'POST',
    body: { ...identity, password },
  });
  return answer.user;
}

/** Ends the session of this browser. */
export async function signOut(): Promise<void> {
  await request('/api/auth/logout', { method: 'POST', body: {} });
}

/** Gives the signed-in person, or null when nobody is. */
export async function fetchSession(signal?: AbortSignal): Promise<User | null> {
  try {
    return (await request<SessionResponse>('/api/auth/me', signal ? { signal } : {})).user;
  } catch (error) {
    if (isStatus(error, 401)) {
      return null;
    }
    throw error;
  }
}
