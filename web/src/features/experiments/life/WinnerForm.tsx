import { useId, useState } from 'react';
import { patchSettings } from '../../../api/experimentLife.ts';
import type { ExperimentLife, ExperimentResult } from '../../../api/types.ts';
import { Notice } from '../../../design/Notice.tsx';
import { ChangeForm } from './ChangeForm.tsx';
import styles from './WinnerForm.module.css';

interface WinnerFormProps {
  life: ExperimentLife;
  experiment: ExperimentResult;
  onClose: () => void;
}

/** Shows one variant to everybody, which ends the counting; or takes that back. */
export function WinnerForm({ life, experiment, onClose }: WinnerFormProps) {
  const name = useId();
  const before = life.effective.winner ?? null;
  const [winner, setWinner] = useState<string | null>(
    before ?? (experiment.verdict.decision === 'better' ? (experiment.verdict.variant ?? null) : null),
  );
  const warning = winnerWarning(experiment, winner, life.control);
  return (
    <ChangeForm
      action={winner === null ? 'Take the winner back' : `Show ${winner} to everybody`}
      done={winner === null ? 'The winner is taken back' : `Everybody is shown ${winner}`}
      danger={winner !== null}
      incomplete={winner === before}
      make={(reason) => patchSettings(life.test_id, { revision: life.revision, winner, reason })}
      onClose={onClose}
    >
      <p>
        Everybody is shown the winner, whatever they saw before, and the counting ends. Choosing the control
        sends everybody back to it.
      </p>
      <fieldset className={styles.choices}>
        <legend className={styles.legend}>Winner</legend>
        {[...Object.entries(life.variants), NOBODY].map(([key, label]) => (
          <label key={key} className={styles.choice}>
            <input
              type="radio"
              name={name}
              checked={(winner ?? '') === key}
              onChange={() => setWinner(key === '' ? null : key)}
            />
            <span>
              {key === '' ? label : `${key}: ${label}`}
              {key === life.control && <span className={styles.note}> control</span>}
            </span>
          </label>
        ))}
      </fieldset>
      {warning !== null && (
        <Notice tone="warning" title={warning.title}>
          <p>{warning.text}</p>
        </Notice>
      )}
    </ChangeForm>
  );
}

const NOBODY = ['', 'Nobody: the experiment goes on'] as const;

/** What one should know before showing `winner` to everybody. */
export function winnerWarning(
  { verdict, sample_ratio }: ExperimentResult,
  winner: string | null,
  control: string,
): { title: string; text: string } | null {
  if (winner === null) {
    return null;
  }
  if (sample_ratio.status === 'mismatch') {
    return {
      title: 'The sample ratio is broken',
      text: 'Visitors did not come to the variants as designed, so no rate can be trusted.',
    };
  }
  if (verdict.guardrails_harmed.length > 0 && winner !== control) {
    return {
      title: 'A guardrail got worse',
      text: `Look at ${verdict.guardrails_harmed.join(', ')} before you decide.`,
    };
  }
  if (winner !== control && !(verdict.decision === 'better' && verdict.variant === winner)) {
    return {
      title: 'The verdict does not name this variant',
      text: 'The difference can still be chance. Keep running if you can wait.',
    };
  }
  return null;
}
