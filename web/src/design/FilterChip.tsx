import { Icon } from './Icon.tsx';
import styles from './FilterChip.module.css';

interface FilterChipProps {
  /** What is filtered, such as `Task: Widget analyze`. */
  label: string;
  onRemove: () => void;
}

/** A filter in force; a press takes it away. */
export function FilterChip({ label, onRemove }: FilterChipProps) {
  return (
    <button type="button" className={styles.chip} aria-label={`Remove filter ${label}`} onClick={onRemove}>
      <span className={styles.label}>{label}</span>
      <Icon name="close" size={12} />
    </button>
  );
}
