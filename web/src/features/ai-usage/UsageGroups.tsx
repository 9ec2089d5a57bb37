import { useMemo, useState } from 'react';
import type { AiUsageGroup, AiUsageReport } from '../../api/types.ts';
import { Card } from '../../design/Card.tsx';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatCount } from '../../design/numbers.ts';
import { Segmented } from '../../design/Segmented.tsx';
import { GroupName } from './GroupName.tsx';
import { GROUPINGS, groupingLabel, groupsOf, othersOf, type Grouping } from './usageGroupings.ts';
import { costOf, failedShare, formatMilliseconds, formatTokens } from './usageWords.ts';
import styles from './AiUsage.module.css';

/** The same sums by task, model, workspace or key. */
export function UsageGroups({ report }: { report: AiUsageReport }) {
  const [grouping, setGrouping] = useState<Grouping>('task');
  const one = groupingLabel(grouping);
  const groups = groupsOf(report, grouping);
  const unlisted = (othersOf(report, grouping)?.groups ?? 0) - groups.filter((group) => !group.points).length;
  // Not of the filter: new columns would make new buttons, and the pressed one would lose its focus.
  const columns = useMemo(
    (): DataColumn<AiUsageGroup>[] => [
      {
        id: 'name',
        label: one,
        rowHeader: true,
        width: '30%',
        cell: ({ name }) => <GroupName grouping={grouping} name={name} />,
      },
      ...AMOUNTS,
    ],
    [grouping, one],
  );
  return (
    <Card className={styles.card} aria-labelledby="ai-usage-groups">
      <header className={styles.caption}>
        <span>
          <h2 id="ai-usage-groups" className={styles.title}>
            Who and what used it
          </h2>
          <span className={styles.note}>Choose a name to see its calls only.</span>
        </span>
        <Segmented label="Grouped by" value={grouping} options={GROUPINGS} onChange={setGrouping} />
      </header>
      <DataTable
        caption={`AI usage by ${one.toLowerCase()}`}
        columns={columns}
        rows={groups}
        rowId={(group) => group.name}
        stack
      />
      {unlisted > 0 && (
        <p className={styles.note}>And {formatCount(unlisted)} more, with fewer calls than these.</p>
      )}
    </Card>
  );
}

const AMOUNTS: readonly DataColumn<AiUsageGroup>[] = [
  { id: 'calls', label: 'Calls', align: 'end', cell: (group) => formatCount(group.totals.calls) },
  { id: 'failed', label: 'Failed', align: 'end', cell: (group) => failedShare(group.totals) },
  { id: 'tokens', label: 'Tokens', align: 'end', cell: (group) => formatTokens(group.totals.all_tokens) },
  { id: 'cost', label: 'Cost', align: 'end', cell: (group) => costOf(group.totals) },
  {
    id: 'p95',
    label: '95 of 100 within',
    align: 'end',
    cell: (group) => formatMilliseconds(group.totals.p95_ms),
  },
];
