import type { Grouping } from './usageGroupings.ts';
import { groupName } from './usageWords.ts';
import { useUsageView } from './useUsageView.ts';
import styles from './AiUsage.module.css';

interface GroupNameProps {
  grouping: Grouping;
  name: string;
}

/** The name of a group: a press shows only its calls on the whole page, another one all again. */
export function GroupName({ grouping, name }: GroupNameProps) {
  const { filter, setFilter } = useUsageView();
  const isOnly = filter[grouping] === name;
  return (
    <button
      type="button"
      className={styles.group}
      aria-pressed={isOnly}
      title={isOnly ? 'Show all again' : 'Show only these calls'}
      onClick={() => setFilter(grouping, isOnly ? undefined : name)}
    >
      {groupName(name, grouping)}
    </button>
  );
}
