import type { ResultsResponse } from '../../api/types.ts';
import { Card } from '../../design/Card.tsx';
import { EmptyState } from '../../design/EmptyState.tsx';
import { ExperimentCard } from './ExperimentCard.tsx';
import { hasVisitors } from './arms.ts';
import { HealthStrip } from './HealthStrip.tsx';
import { NoExposures } from './NoExposures.tsx';
import { Totals } from './Totals.tsx';

/** The loaded results: health first, because it decides whether the numbers below deserve trust. */
export function ResultsView({ results, live }: { results: ResultsResponse; live: boolean }) {
  const { experiments } = results;
  return (
    <>
      <HealthStrip health={results.health} at={results.generated_at} />
      <Totals results={results} />
      {experiments.length === 0 ? (
        <Card>
          <EmptyState icon="flask" title="No experiment is defined">
            <p>
              Add an entry to <code>{results.health.definitions.file}</code>. It is picked up without a
              restart.
            </p>
          </EmptyState>
        </Card>
      ) : (
        !experiments.some(hasVisitors) && <NoExposures />
      )}
      {experiments.map((experiment) => (
        <ExperimentCard
          key={experiment.test_id}
          experiment={experiment}
          at={results.generated_at}
          live={live}
        />
      ))}
    </>
  );
}
