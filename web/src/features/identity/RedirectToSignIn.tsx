import { useNavigate, useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

/**
 * Leads to the sign-in page, which leads back here afterwards. The address is read once: while the navigation is under way
 * the router already reports the new one, which must not become its own `next`.
 */
export function RedirectToSignIn() {
  const router = useRouter();
  const navigate = useNavigate();
  const [next] = useState(() => router.state.location.href);
  useEffect(() => {
    void navigate({ to: '/admin/login', search: { next }, replace: true });
  }, [navigate, next]);
  return null;
}
