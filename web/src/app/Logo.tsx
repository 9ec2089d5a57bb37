import styles from './Logo.module.css';

/** The Dashly mark and word: three rising bars, the last one solid. */
export function Logo() {
  return (
    <span className={styles.logo}>
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect className={styles.tile} width="32" height="32" rx="8" />
        <rect x="7" y="17" width="4.5" height="8" rx="2.25" fill="#fff" opacity=".62" />
        <rect x="13.75" y="12" width="4.5" height="13" rx="2.25" fill="#fff" opacity=".82" />
        <rect x="20.5" y="7" width="4.5" height="18" rx="2.25" fill="#fff" />
      </svg>
      <span className={styles.word}>Dashly</span>
    </span>
  );
}
