import { classNames } from '../../design/classNames.ts';
import { formatAgo, formatMoment } from '../../design/dates.ts';
import { Icon } from '../../design/Icon.tsx';
import type { VerdictView } from './decisions.ts';
import styles from './VerdictBanner.module.css';

interface VerdictBannerProps {
  verdict: VerdictView;
  /** When the numbers were read, so that "3 min ago" agrees with them. */
  at: string;
}

/** The answer of an experiment in one plain sentence, before every number. */
export function VerdictBanner({ verdict, at }: VerdictBannerProps) {
  return (
    <div className={classNames(styles.banner, styles[verdict.tone])} data-testid="verdict">
      <span className={styles.icon}>
        <Icon name={verdict.icon} size={20} />
      </span>
      <div className={styles.words}>
        <p className={styles.headline}>
          <strong className={styles.label}>{verdict.label}</strong>
          {verdict.decidedAt !== null && (
            <span className={styles.when}>
              Decided{' '}
              <time dateTime={verdict.decidedAt}>
                {formatAgo(verdict.decidedAt, new Date(at))}, {formatMoment(verdict.decidedAt)}
              </time>
            </span>
          )}
        </p>
        <p className={styles.sentence}>{verdict.sentence}</p>
        {verdict.harmed.length > 0 && (
          <p className={styles.harmed}>
            <Icon name="alert" size={14} />
            {verdict.harmed.length === 1 ? 'A guardrail' : 'Guardrails'} got worse:{' '}
            {verdict.harmed.join(', ')}. Look at it before you choose a variant.
          </p>
        )}
      </div>
    </div>
  );
}
