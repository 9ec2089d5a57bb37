import type { ResultsResponse } from '../../api/types.ts';
import { formatCount, formatQuantity } from '../../design/numbers.ts';
import { Stat } from '../../design/Stat.tsx';
import { StatGroup } from '../../design/StatGroup.tsx';
import { sumResults } from './arms.ts';

/** The headline numbers over all experiments, each with what it counts. */
export function Totals({ results }: { results: ResultsResponse }) {
  const { experiments } = results;
  const running = experiments.filter((experiment) => experiment.status === 'running').length;
  return (
    <StatGroup label="Totals over all experiments">
      <Stat
        label="Visitors exposed"
        value={formatCount(results.total_exposures)}
        note="each once per experiment"
      />
      <Stat
        label="Target events"
        value={formatCount(sumResults(experiments, 'events'))}
        note={`of ${formatQuantity(results.total_events, 'event')} kept`}
      />
      <Stat
        label="Converters"
        value={formatCount(sumResults(experiments, 'converters'))}
        note="each once per experiment"
      />
      <Stat
        label="Experiments running"
        value={formatCount(running)}
        note={`of ${formatCount(experiments.length)} defined`}
      />
    </StatGroup>
  );
}
