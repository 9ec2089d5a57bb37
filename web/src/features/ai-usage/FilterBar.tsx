import { useRef } from 'react';
import { Button } from '../../design/Button.tsx';
import { FilterChip } from '../../design/FilterChip.tsx';
import { GROUPINGS, groupingLabel, type Grouping, type UsageFilter } from './usageGroupings.ts';
import { groupName } from './usageWords.ts';
import styles from './AiUsage.module.css';

interface FilterBarProps {
  filter: UsageFilter;
  /** Whether the numbers shown are still those of before. */
  loading: boolean;
  onRemove: (grouping: Grouping) => void;
  onClear: () => void;
}

/**
 * The filters in force, each with its way out. It stays when they are gone, to tell so and to take the focus of the button
 * that went with them; it is seen as long as it has that.
 */
export function FilterBar({ filter, loading, onRemove, onClear }: FilterBarProps) {
  const bar = useRef<HTMLDivElement>(null);
  const filters = GROUPINGS.flatMap(({ value }) => {
    const name = filter[value];
    return name === undefined ? [] : [{ grouping: value, label: filterLabel(value, name) }];
  });
  const leave = (action: () => void) => () => {
    bar.current?.focus();
    action();
  };
  return (
    <div
      ref={bar}
      role="group"
      aria-label="Filters"
      tabIndex={-1}
      className={filters.length === 0 ? styles.unfiltered : styles.filters}
    >
      <p role="status" className={filters.length === 0 ? styles.note : 'visually-hidden'}>
        {statusOf(
          filters.map(({ label }) => label),
          loading,
        )}
      </p>
      {filters.map(({ grouping, label }) => (
        <FilterChip key={grouping} label={label} onRemove={leave(() => onRemove(grouping))} />
      ))}
      {filters.length > 0 && (
        <Button size="sm" variant="ghost" onClick={leave(onClear)}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

function statusOf(labels: readonly string[], loading: boolean): string {
  if (labels.length === 0) {
    return loading ? 'Loading all calls.' : 'All calls are shown.';
  }
  return `${loading ? 'Loading these calls' : 'Only these calls are shown'}: ${labels.join(', ')}.`;
}

function filterLabel(grouping: Grouping, name: string): string {
  return `${groupingLabel(grouping)}: ${groupName(name, grouping)}`;
}
