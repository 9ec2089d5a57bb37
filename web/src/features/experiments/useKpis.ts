import { useQuery } from '@tanstack/react-query';
import { fetchKpis } from '../../api/kpis.ts';

/** The team's key figures; read again when the window is looked at again. */
export function useKpis() {
  return useQuery({
    queryKey: ['kpis'],
    queryFn: ({ signal }) => fetchKpis(signal),
    staleTime: 0,
    retry: false,
  });
}
