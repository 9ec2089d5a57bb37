import type { AiUsageGroup, AiUsageOtherGroups, AiUsageReport } from '../../api/types.ts';

/** What calls can be told apart by; the name of the filter in the address and in the API. */
export type Grouping = 'task' | 'model' | 'workspace' | 'caller';

/** Which calls are looked at: those that have each of these names. */
export type UsageFilter = Partial<Record<Grouping, string>>;

/** All groupings, in the order in which they are offered. */
export const GROUPINGS: readonly { value: Grouping; label: string }[] = [
  { value: 'task', label: 'Task' },
  { value: 'model', label: 'Model' },
  { value: 'workspace', label: 'Workspace' },
  { value: 'caller', label: 'Key' },
];

const KEYS = { task: 'tasks', model: 'models', workspace: 'workspaces', caller: 'callers' } as const;

/** What one member of a grouping is called. */
export function groupingLabel(grouping: Grouping): string {
  return GROUPINGS.find((known) => known.value === grouping)?.label ?? '';
}

/** The groups of a report, most calls first. */
export function groupsOf(report: AiUsageReport, grouping: Grouping): readonly AiUsageGroup[] {
  return report[KEYS[grouping]];
}

/** The groups that have no points of their own, together; null when there are none. */
export function othersOf(report: AiUsageReport, grouping: Grouping): AiUsageOtherGroups | null {
  return report.others[KEYS[grouping]] ?? null;
}
