import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { fetchPricingView } from '../../api/experiments.ts';

/** Longest time the button waits for its wording, in milliseconds. Selling never waits for an experiment. */
const PATIENCE_MS = 2_500;

/**
 * The visitor's variant of the pricing experiment. `settled` says that the wording may be shown: the answer is there,
 * asking failed, or it took too long. Until then no wording is shown, and an answer that comes later changes nothing
 * any more, so that nobody sees the wording change.
 */
export function usePricingVariant(): { variant: string | undefined; settled: boolean } {
  const { data, isPending } = useQuery({
    queryKey: ['pricing-view'],
    queryFn: ({ signal }) => fetchPricingView(signal),
    staleTime: 0,
    retry: false,
  });
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!isPending) {
      return;
    }
    const timer = window.setTimeout(() => setLate(true), PATIENCE_MS);
    return () => window.clearTimeout(timer);
  }, [isPending]);
  return { variant: late ? undefined : data?.variant, settled: late || !isPending };
}
