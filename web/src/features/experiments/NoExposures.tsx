import { Link } from '@tanstack/react-router';
import { Card } from '../../design/Card.tsx';
import { CopyLine } from '../../design/CopyLine.tsx';
import { EmptyState } from '../../design/EmptyState.tsx';
import { buttonClass } from '../../design/buttonClass.ts';

/** Shown while nobody has seen any experiment: how to bring the first visitors. */
export function NoExposures() {
  return (
    <Card>
      <EmptyState
        icon="flask"
        title="No visitor has seen an experiment yet"
        action={
          <Link to="/experiment-demo" className={buttonClass('secondary')}>
            Be the first: open the demo
          </Link>
        }
      >
        <p>
          Results appear with the first exposure. To see the page alive, let simulated visitors walk through:
        </p>
        <CopyLine label="Copy the simulation command" text={`dashly simulate ${window.location.origin}`} />
      </EmptyState>
    </Card>
  );
}
