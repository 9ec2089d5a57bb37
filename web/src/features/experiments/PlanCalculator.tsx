import { useState } from 'react';
import type { ExperimentResult } from '../../api/types.ts';
import { Field } from '../../design/Field.tsx';
import { formatRate } from '../../design/numbers.ts';
import { Segmented } from '../../design/Segmented.tsx';
import { Slider } from '../../design/Slider.tsx';
import { useDebounced } from '../../design/useDebounced.ts';
import styles from './PlanCalculator.module.css';
import { PlanAnswer } from './PlanAnswer.tsx';
import { planQuestion, startingPlan } from './planInput.ts';

const POWERS = [
  { value: '0.8', label: '80%' },
  { value: '0.9', label: '90%' },
  { value: '0.95', label: '95%' },
];

/** Pause after the last change before the server is asked, in milliseconds: sliding asks once, not fifty times. */
const PAUSE_MS = 250;

/** How many visitors it takes to find a lift of a chosen size. */
export function PlanCalculator({ experiment }: { experiment: ExperimentResult }) {
  const [input, setInput] = useState(() => startingPlan(experiment));
  const settled = useDebounced(input, PAUSE_MS);
  const { fault } = planQuestion(input);
  const base = Number(input.basePercent.replace(',', '.')) / 100;
  const target =
    fault === undefined
      ? `from ${formatRate(base, 1)} to ${formatRate(base * (1 + input.liftPercent / 100), 1)}`
      : '';
  return (
    <div className={styles.calculator}>
      <p className={styles.lead}>
        The smaller the difference you want to find, the more visitors it takes. The numbers hold for looking
        at the results as often as you like.
      </p>
      <div className={styles.inputs}>
        <div className={styles.slider}>
          <Slider
            label="Smallest lift worth finding"
            value={input.liftPercent}
            min={1}
            max={50}
            step={1}
            text={`+${input.liftPercent}%`}
            onChange={(liftPercent) => setInput({ ...input, liftPercent })}
          />
          <p className={styles.note}>{target}</p>
        </div>
        <Field
          label="Rate of the control, percent"
          inputMode="decimal"
          autoComplete="off"
          value={input.basePercent}
          error={fault}
          onChange={(event) => setInput({ ...input, basePercent: event.currentTarget.value })}
        />
        <div className={styles.power}>
          <p className={styles.label}>Chance to find it, if it is there</p>
          <Segmented
            label="Chance to find it (power)"
            value={input.power}
            options={POWERS}
            onChange={(power) => setInput({ ...input, power })}
          />
        </div>
      </div>
      <PlanAnswer
        testId={experiment.test_id}
        input={settled}
        pending={settled !== input}
        invalid={fault !== undefined}
      />
    </div>
  );
}
