import styles from './Skeleton.module.css';

interface SkeletonProps {
  /** Height as a CSS length. */
  height: string;
  /** Width as a CSS length; the whole line by default. */
  width?: string;
}

/** Holds the place of something that is loading. Silent: the page says once, in words, that it loads. */
export function Skeleton({ height, width = '100%' }: SkeletonProps) {
  return <div className={styles.skeleton} style={{ height, width }} aria-hidden="true" />;
}
