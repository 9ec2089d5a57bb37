import { InfoTip } from '../../design/InfoTip.tsx';
import { formatCount } from '../../design/numbers.ts';
import type { ExperimentResult } from '../../api/types.ts';
import { PartCaption } from './PartCaption.tsx';
import styles from './DataQuality.module.css';
import { SampleRatioMismatch } from './SampleRatioMismatch.tsx';
import { SampleRatioTip } from './SampleRatioTip.tsx';
import { listSignals, type Signal } from './signals.ts';

/** Whether the numbers of an experiment can be trusted: quiet while all is well, clear when something is not. */
export function DataQuality({ experiment }: { experiment: ExperimentResult }) {
  const signals = listSignals(experiment.health);
  const mismatch = experiment.sample_ratio.status === 'mismatch';
  const irregular = signals.filter((signal) => signal.count > 0).length + (mismatch ? 1 : 0);
  return (
    <section className={styles.section} aria-label={`Data quality of ${experiment.test_id}`}>
      <PartCaption
        title="Data quality"
        note={
          irregular === 0
            ? `all ${signals.length + 1} checks are quiet`
            : `${irregular} of ${signals.length + 1} checks deserve a look`
        }
      />
      {mismatch && <SampleRatioMismatch experiment={experiment} />}
      <ul className={styles.strip}>
        <li>
          <SampleRatioTip experiment={experiment} />
        </li>
        {signals.map((signal) => (
          <li key={signal.id}>
            <SignalTip signal={signal} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function SignalTip({ signal }: { signal: Signal }) {
  const found = signal.count > 0;
  return (
    <InfoTip
      label={signal.label}
      icon={found ? 'alert' : 'check'}
      tone={found ? 'warning' : 'neutral'}
      text={
        <span>
          {signal.label} <span className="tabular">{formatCount(signal.count)}</span>
        </span>
      }
    >
      <p>
        <strong>
          {signal.label}: {formatCount(signal.count)}
        </strong>
      </p>
      <p>{signal.meaning}</p>
      <p>{signal.advice}</p>
    </InfoTip>
  );
}
