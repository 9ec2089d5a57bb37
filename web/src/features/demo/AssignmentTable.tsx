import { useMemo } from 'react';
import type { DashboardResponse, ExperimentDefinition } from '../../api/types.ts';
import { Badge } from '../../design/Badge.tsx';
import { DataTable, type DataColumn } from '../../design/DataTable.tsx';
import { MISSING } from '../../design/numbers.ts';
import { VariantMark } from '../../design/VariantMark.tsx';
import styles from './DemoPage.module.css';

interface AssignmentTableProps {
  dashboard: DashboardResponse;
  /** Empty while, or when, the definitions could not be loaded: the variants are shown all the same. */
  definitions: readonly ExperimentDefinition[];
}

interface Row {
  testId: string;
  letter: string;
  place: number;
  label: string;
  enrolled: boolean;
  type: string | null;
  changes: string | null;
}

const COLUMNS: DataColumn<Row>[] = [
  { id: 'experiment', label: 'Experiment', rowHeader: true, cell: (row) => <code>{row.testId}</code> },
  {
    id: 'variant',
    label: 'Your variant',
    cell: (row) => (
      <span className={styles.variant}>
        <VariantMark letter={row.letter} place={row.place} />
        {row.label}
        {!row.enrolled && <Badge>not enrolled</Badge>}
      </span>
    ),
  },
  { id: 'type', label: 'Type', cell: (row) => row.type?.replaceAll('_', ' ') ?? MISSING },
  { id: 'changes', label: 'What changes', width: '42%', cell: (row) => row.changes ?? MISSING },
];

/** What this visitor gets in every running experiment, and what the experiment changes. */
export function AssignmentTable({ dashboard, definitions }: AssignmentTableProps) {
  const rows = useMemo(
    () =>
      Object.entries(dashboard.variants).map(([testId, letter]): Row => {
        const definition = definitions.find((candidate) => candidate.test_id === testId);
        const letters = Object.keys(definition?.variants ?? { A: '', B: '' }).sort();
        return {
          testId,
          letter,
          place: Math.max(0, letters.indexOf(letter)),
          label: dashboard.variantDescriptions[testId]?.description ?? letter,
          enrolled: dashboard.enrolled[testId] ?? true,
          type: definition?.change_type ?? null,
          changes: definition?.what_changes ?? null,
        };
      }),
    [dashboard, definitions],
  );
  return (
    <DataTable stack caption="Your variants" columns={COLUMNS} rows={rows} rowId={(row) => row.testId} />
  );
}
