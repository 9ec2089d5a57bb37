import { Link } from '@tanstack/react-router';
import { PageHeader } from '../design/PageHeader.tsx';
import { buttonClass } from '../design/buttonClass.ts';
import styles from './NotFoundPage.module.css';

/** Shown for an address that leads nowhere. */
export function NotFoundPage() {
  return (
    <div className={styles.page}>
      <PageHeader
        eyebrow="404"
        title="There is no page here"
        tabTitle="Page not found"
        lead="The address may be mistyped, or the page has moved. Nothing is broken on your side."
      />
      <div className={styles.actions}>
        <Link to="/" className={buttonClass('primary')}>
          Go to the start page
        </Link>
        <Link to="/admin/experiments" className={buttonClass('secondary')}>
          See the experiments
        </Link>
      </div>
    </div>
  );
}
