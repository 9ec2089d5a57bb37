import { InfoTip } from '../../design/InfoTip.tsx';
import styles from './Onboarding.module.css';

/** Variant A: a plain welcome with one tip. */
export function MinimalOnboarding({ onTip }: { onTip: () => void }) {
  return (
    <div className={styles.minimal} data-layout="minimal">
      <h3 className={styles.title}>Welcome to Dashly</h3>
      <p className={styles.text}>Your workspace is ready. Connect a source whenever you like.</p>
      <InfoTip label="About sources" text="What is a source?" onOpen={onTip}>
        <p>
          <strong>A source delivers your numbers:</strong> an ad account, a website, a sheet or an uploaded
          file.
        </p>
      </InfoTip>
    </div>
  );
}
