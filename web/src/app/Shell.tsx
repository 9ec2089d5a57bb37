import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { NoticesBell } from '../features/experiments/notices/NoticesBell.tsx';
import { AccountMenu } from '../features/identity/AccountMenu.tsx';
import { useSession } from '../features/identity/session.ts';
import { Logo } from './Logo.tsx';
import styles from './Shell.module.css';
import { ThemeMenu } from './ThemeMenu.tsx';

const PAGES = [
  { to: '/experiment-demo', label: 'Experiment demo' },
  { to: '/pricing', label: 'Pricing' },
  { to: '/admin', label: 'Admin' },
] as const;

/** The frame around every page: top bar, main area, foot. */
export function Shell() {
  const main = useMainFocus();
  const { data: user } = useSession(false);
  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        Skip to content
      </a>
      <header className={styles.bar}>
        <div className={styles.inner}>
          <Link to="/" className={styles.home} aria-label="Dashly, start page">
            <Logo />
          </Link>
          <nav className={styles.nav} aria-label="Main">
            {PAGES.map(({ to, label }) => (
              <Link key={to} to={to} className={styles.link} activeOptions={{ exact: false }}>
                {label}
              </Link>
            ))}
          </nav>
          <div className={styles.tools}>
            {user?.role === 'admin' && <NoticesBell />}
            <ThemeMenu />
            <AccountMenu />
          </div>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
      <footer className={styles.foot}>
        <p>Dashly, self-hosted. Your visitors&rsquo; data stays on this server.</p>
        <a href="/api/docs">API documentation</a>
      </footer>
    </div>
  );
}

/** Moves the focus into the page after a navigation, so that keyboard and screen-reader users start where sight does. */
function useMainFocus() {
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const previous = useRef(pathname);
  useEffect(() => {
    if (previous.current !== pathname) {
      previous.current = pathname;
      main.current?.focus({ preventScroll: true });
    }
  }, [pathname]);
  return main;
}
