import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { Tooltip } from 'radix-ui';
import { useEffect } from 'react';
import { ToastProvider } from '../design/ToastProvider.tsx';
import { followTheme } from '../design/theme.ts';
import { queryClient } from './queryClient.ts';
import { router } from './router.tsx';

/** The whole app: what every page needs, around the router. */
export function App() {
  useEffect(() => followTheme(), []);
  return (
    <QueryClientProvider client={queryClient}>
      <Tooltip.Provider delayDuration={400}>
        <ToastProvider>
          <RouterProvider router={router} />
        </ToastProvider>
      </Tooltip.Provider>
    </QueryClientProvider>
  );
}
