import { useMemo, useState } from 'react';
import type { AiUsageGroup, AiUsageReport } from '../../api/types.ts';
import { Card } from '../../design/Card.tsx';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { formatCount } from '../../design/numbers.ts';
import { Segmented } from '../../design/Segmented.tsx';
import { failedShare, formatCost, formatMilliseconds, formatTokens, groupName } from './usageWords.ts';
import styles from './AiUsage.module.css';

type Grouping = 'tasks' | 'models' | 'workspaces' | 'callers';

const GROUPINGS: readonly { value: Grouping; label: string; one: string }[] = [
  { value: 'tasks', label: 'Task', one: 'Task' },
  { value: 'models', label: 'Model', one: 'Model' },
  { value: 'workspaces', label: 'Workspace', one: 'Workspace' },
  { value: 'callers', label: 'Key', one: 'Key' },
];

/** The same sums by task, model, workspace or key. */
export function UsageGroups({ report }: { report: AiUsageReport }) {
  const [grouping, setGrouping] = useState<Grouping>('tasks');
  const one = GROUPINGS.find((known) => known.value === grouping)?.one ?? '';
  const columns = useMemo(
    (): DataColumn<AiUsageGroup>[] => [
      {
        id: 'name',
        label: one,
        rowHeader: true,
        width: '30%',
        cell: (group) => groupName(group.name, grouping),
      },
      { id: 'calls', label: 'Calls', align: 'end', cell: (group) => formatCount(group.totals.calls) },
      { id: 'failed', label: 'Failed', align: 'end', cell: (group) => failedShare(group.totals) },
      { id: 'tokens', label: 'Tokens', align: 'end', cell: (group) => formatTokens(group.totals.all_tokens) },
      { id: 'cost', label: 'Cost', align: 'end', cell: (group) => formatCost(group.totals.cost_micros) },
      {
        id: 'p95',
        label: '95 of 100 within',
        align: 'end',
        cell: (group) => formatMilliseconds(group.totals.p95_ms),
      },
    ],
    [grouping, one],
  );
  return (
    <Card className={styles.card} aria-labelledby="ai-usage-groups">
      <header className={styles.caption}>
        <h2 id="ai-usage-groups" className={styles.title}>
          Who and what used it
        </h2>
        <Segmented label="Grouped by" value={grouping} options={GROUPINGS} onChange={setGrouping} />
      </header>
      <DataTable
        caption={`AI usage by ${one.toLowerCase()}`}
        columns={columns}
        rows={report[grouping]}
        rowId={(group) => group.name}
        stack
      />
    </Card>
  );
}
