import type { DashboardResponse, ExperimentDefinition } from '../../api/types.ts';
import { Card } from '../../design/Card.tsx';
import { Notice } from '../../design/Notice.tsx';
import { AssignmentTable } from './AssignmentTable.tsx';
import styles from './DemoPage.module.css';
import { KpiScorecards } from './KpiScorecards.tsx';
import { Onboarding } from './Onboarding.tsx';
import { RecordedList } from './RecordedList.tsx';
import { Stage } from './Stage.tsx';
import { useRecorder } from './useRecorder.ts';

interface DemoContentProps {
  dashboard: DashboardResponse;
  definitions: readonly ExperimentDefinition[];
  /** Id of the experiment on the scorecards. */
  scorecards: string;
  /** Id of the experiment on the onboarding. */
  onboarding: string;
}

/** The demo once the variants are known. An experiment that is not running is left out. */
export function DemoContent({ dashboard, definitions, scorecards, onboarding }: DemoContentProps) {
  const { entries, record, retry } = useRecorder();
  const targetOf = (testId: string, fallback: string) =>
    definitions.find((definition) => definition.test_id === testId)?.target_event ?? fallback;
  const labelOf = (testId: string) => dashboard.variantDescriptions[testId]?.description ?? '';
  const scorecardVariant = dashboard.variants[scorecards];
  const onboardingVariant = dashboard.variants[onboarding];
  const scorecardEvent = targetOf(scorecards, 'kpi_click');
  const onboardingEvent = targetOf(onboarding, 'tooltip_open');

  return (
    <>
      {!dashboard.exposure_logged && (
        <Notice tone="warning" title="Your exposure could not be recorded yet">
          <p>Your variants hold all the same. The next view of this page records it.</p>
        </Notice>
      )}
      <Card aria-labelledby="variants">
        <h2 id="variants" className={styles.cardTitle}>
          Your variants
        </h2>
        <AssignmentTable dashboard={dashboard} definitions={definitions} />
        <p className={styles.sticky}>
          Refresh as often as you like: you keep your variants and are counted once. They are drawn from your
          visitor cookie, so a private window is a new visitor.
        </p>
      </Card>
      <div className={styles.columns}>
        <div className={styles.stages}>
          {scorecardVariant !== undefined && (
            <Stage
              testId={scorecards}
              title="KPI scorecards"
              hint={
                <>
                  Demo data. Click a card to record <code>{scorecardEvent}</code>.
                </>
              }
              letter={scorecardVariant}
              label={labelOf(scorecards)}
            >
              <KpiScorecards
                variant={scorecardVariant}
                onOpen={() => record(scorecardEvent, scorecards, scorecardVariant)}
              />
            </Stage>
          )}
          {onboardingVariant !== undefined && (
            <Stage
              testId={onboarding}
              title="Onboarding"
              hint={
                <>
                  Open a tip to record <code>{onboardingEvent}</code>.
                </>
              }
              letter={onboardingVariant}
              label={labelOf(onboarding)}
            >
              <Onboarding
                variant={onboardingVariant}
                onTip={() => record(onboardingEvent, onboarding, onboardingVariant)}
              />
            </Stage>
          )}
        </div>
        <aside className={styles.aside} aria-label="Recorded events">
          <RecordedList entries={entries} onRetry={(entry) => void retry(entry.request)} />
        </aside>
      </div>
    </>
  );
}
