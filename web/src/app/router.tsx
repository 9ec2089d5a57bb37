import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { readUsageSearch } from '../features/ai-usage/usageSearch.ts';
import { RequireAdmin } from '../features/identity/RequireAdmin.tsx';
import { AdminTabs } from './AdminTabs.tsx';
import { NotFoundPage } from './NotFoundPage.tsx';
import { PageCrash } from './PageCrash.tsx';
import { PagePending } from './PagePending.tsx';
import { Shell } from './Shell.tsx';

const rootRoute = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  component: lazyRouteComponent(() => import('../features/home/HomePage.tsx'), 'HomePage'),
});

const demoRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/experiment-demo',
  component: lazyRouteComponent(() => import('../features/demo/DemoPage.tsx'), 'DemoPage'),
});

const pricingRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/pricing',
  component: lazyRouteComponent(() => import('../features/pricing/PricingPage.tsx'), 'PricingPage'),
});

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/admin/login',
  validateSearch: (search: Record<string, unknown>): { next?: string } =>
    typeof search.next === 'string' ? { next: search.next } : {},
  component: lazyRouteComponent(() => import('../features/identity/SignInPage.tsx'), 'SignInPage'),
});

const adminIndexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/admin',
  beforeLoad: () => {
    throw redirect({ to: '/admin/experiments', replace: true });
  },
});

const administratorsRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'administrators',
  component: () => (
    <RequireAdmin>
      <AdminTabs />
      <Outlet />
    </RequireAdmin>
  ),
});

const experimentsRoute = createRoute({
  getParentRoute: () => administratorsRoute,
  path: '/admin/experiments',
  component: lazyRouteComponent(
    () => import('../features/experiments/ExperimentsPage.tsx'),
    'ExperimentsPage',
  ),
});

const kpisRoute = createRoute({
  getParentRoute: () => administratorsRoute,
  path: '/admin/kpis',
  component: lazyRouteComponent(() => import('../features/experiments/KpisPage.tsx'), 'KpisPage'),
});

const changesRoute = createRoute({
  getParentRoute: () => administratorsRoute,
  path: '/admin/changes',
  validateSearch: (search: Record<string, unknown>): { test_id?: string } =>
    typeof search.test_id === 'string' ? { test_id: search.test_id } : {},
  component: lazyRouteComponent(() => import('../features/experiments/life/ChangesPage.tsx'), 'ChangesPage'),
});

const replaysRoute = createRoute({
  getParentRoute: () => administratorsRoute,
  path: '/admin/replays',
  component: lazyRouteComponent(
    () => import('../features/experiments/replays/ReplaysPage.tsx'),
    'ReplaysPage',
  ),
});

const noticesRoute = createRoute({
  getParentRoute: () => administratorsRoute,
  path: '/admin/notices',
  component: lazyRouteComponent(
    () => import('../features/experiments/notices/NoticesPage.tsx'),
    'NoticesPage',
  ),
});

const aiUsageRoute = createRoute({
  getParentRoute: () => administratorsRoute,
  path: '/admin/ai',
  validateSearch: readUsageSearch,
  component: lazyRouteComponent(() => import('../features/ai-usage/AiUsagePage.tsx'), 'AiUsagePage'),
});

/** Every page of the app. Pages are loaded when they are first opened. */
export const router = createRouter({
  routeTree: rootRoute.addChildren([
    homeRoute,
    demoRoute,
    pricingRoute,
    loginRoute,
    adminIndexRoute,
    administratorsRoute.addChildren([
      experimentsRoute,
      kpisRoute,
      changesRoute,
      replaysRoute,
      noticesRoute,
      aiUsageRoute,
    ]),
  ]),
  defaultPreload: 'intent',
  defaultPendingComponent: PagePending,
  defaultErrorComponent: PageCrash,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
