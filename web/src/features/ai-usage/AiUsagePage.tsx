import type { AiUsageReport, AiUsageTotals } from '../../api/types.ts';
import { Card } from '../../design/Card.tsx';
import { formatAgo } from '../../design/dates.ts';
import { EmptyState } from '../../design/EmptyState.tsx';
import { ErrorState } from '../../design/ErrorState.tsx';
import { formatCount, formatQuantity } from '../../design/numbers.ts';
import { PageHeader } from '../../design/PageHeader.tsx';
import { Segmented } from '../../design/Segmented.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { Stat } from '../../design/Stat.tsx';
import { StatGroup } from '../../design/StatGroup.tsx';
import { FilterBar } from './FilterBar.tsx';
import { LimitsCard } from './LimitsCard.tsx';
import { StatusBar } from './StatusBar.tsx';
import { UsageFigure } from './UsageFigure.tsx';
import { UsageGroups } from './UsageGroups.tsx';
import { RANGES } from './usageSearch.ts';
import { endingsNote, formatCost, formatMilliseconds, formatTokens } from './usageWords.ts';
import { useAiStatus, useAiUsage } from './useAiUsage.ts';
import { useUsageView, type UsageViewState } from './useUsageView.ts';
import styles from './AiUsage.module.css';

/** Admin → AI usage: what AI calls use and cost, and what bounds them. */
export function AiUsagePage() {
  const view = useUsageView();
  const usage = useAiUsage(Number(view.range), view.filter);
  const status = useAiStatus();
  return (
    <div className={styles.page}>
      <PageHeader
        eyebrow="Admin"
        title="AI usage"
        lead="What Dashly asked language models, what it cost, and what bounds it. Counted by the gateway that all AI calls go through."
        actions={
          <Segmented
            label="Range of time"
            value={view.range}
            options={RANGES}
            onChange={(range) => view.show({ range })}
          />
        }
      />
      {status.data && <StatusBar status={status.data} />}
      {status.isError && (
        <ErrorState
          title="Whether AI is configured could not be read"
          error={status.error}
          busy={status.isFetching}
          onRetry={() => void status.refetch()}
        />
      )}
      <FilterBar
        filter={view.filter}
        loading={usage.isPlaceholderData}
        onRemove={(grouping) => view.setFilter(grouping, undefined)}
        onClear={view.clearFilters}
      />
      {usage.data ? (
        <div
          className={usage.isPlaceholderData ? `${styles.report} ${styles.outdated}` : styles.report}
          aria-busy={usage.isPlaceholderData}
        >
          <Report report={usage.data} view={view} />
        </div>
      ) : usage.isError ? (
        <ErrorState
          title="The usage could not be loaded"
          error={usage.error}
          busy={usage.isFetching}
          onRetry={() => void usage.refetch()}
        />
      ) : (
        <div role="status">
          <span className="visually-hidden">Loading the usage</span>
          <Skeleton height="20rem" />
        </div>
      )}
      {status.data?.reachable && <LimitsCard status={status.data} />}
    </div>
  );
}

function Report({ report, view }: { report: AiUsageReport; view: UsageViewState }) {
  if (report.totals.calls === 0) {
    return (
      <Card>
        <NoCalls report={report} />
      </Card>
    );
  }
  return (
    <>
      <Totals totals={report.totals} />
      <Card>
        <UsageFigure
          report={report}
          view={view.figure}
          by={view.by}
          onView={(figure) => view.show({ figure })}
          onBy={(by) => view.show({ by })}
        />
      </Card>
      <UsageGroups report={report} />
    </>
  );
}

function NoCalls({ report }: { report: AiUsageReport }) {
  if (Object.values(report.filter).some((name) => name !== null)) {
    return (
      <EmptyState icon="bars" title="No AI calls match the filters">
        <p>
          In this time nothing was called that fits all of them. Remove one above, or choose a longer time.
        </p>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon="bars" title="No AI calls in this time">
      <p>
        {report.collected_at == null
          ? 'Nothing was collected from a gateway yet.'
          : `The gateway was last read ${formatAgo(report.collected_at, new Date())}.`}{' '}
        Calls show here a few seconds after they are made.
      </p>
    </EmptyState>
  );
}

function Totals({ totals }: { totals: AiUsageTotals }) {
  const unpriced = totals.calls_without_price;
  return (
    <StatGroup label="AI usage in this time">
      <Stat label="Calls" value={formatCount(totals.calls)} note={endingsNote(totals)} />
      <Stat
        label="Tokens"
        value={formatTokens(totals.all_tokens)}
        note={
          totals.estimated_tokens > 0
            ? `${formatTokens(totals.estimated_tokens)} of them estimated, of calls that were cut`
            : 'as the provider reported them'
        }
      />
      <Stat
        label="Cost"
        value={formatCost(totals.cost_micros)}
        note={
          unpriced > 0
            ? `without ${formatQuantity(unpriced, 'call')} whose model has no known price`
            : 'at the prices in the gateway'
        }
      />
      <Stat
        label="Duration"
        value={formatMilliseconds(totals.p50_ms)}
        note={`half of all calls; 95 of 100 within ${formatMilliseconds(totals.p95_ms)}`}
      />
    </StatGroup>
  );
}
