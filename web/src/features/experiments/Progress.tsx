import { useState } from 'react';
import type { ExperimentResult } from '../../api/types.ts';
import { Button } from '../../design/Button.tsx';
import { Dialog } from '../../design/Dialog.tsx';
import { formatCount, formatQuantity } from '../../design/numbers.ts';
import { ProgressBar } from '../../design/ProgressBar.tsx';
import { readableId } from '../../design/readableId.ts';
import { PlanCalculator } from './PlanCalculator.tsx';
import { progressWords } from './progressWords.ts';
import { PartCaption } from './PartCaption.tsx';
import styles from './Progress.module.css';
import { seenVisitors } from './treatments.ts';

/** How many visitors came, how many it takes, and how long that is. */
export function Progress({ experiment }: { experiment: ExperimentResult }) {
  const [planning, setPlanning] = useState(false);
  const words = progressWords(experiment);
  const window = experiment.conversion_window_seconds;
  const waiting = seenVisitors(experiment) - words.visitors;
  const facts = [
    { label: 'Visitors a day', ...words.perDay },
    { label: 'Planned visitors', ...words.planned },
    { label: 'Typically needed', ...words.needed },
    { label: 'Time to a decision', ...words.days },
  ];
  return (
    <section className={styles.section} aria-label={`Progress of ${experiment.test_id}`}>
      <PartCaption
        title="Progress"
        note={words.bar?.text ?? `${formatQuantity(words.visitors, 'visitor')} so far`}
        action={
          <Button size="sm" icon="bars" aria-haspopup="dialog" onClick={() => setPlanning(true)}>
            Plan visitors
          </Button>
        }
      />
      {words.bar && <ProgressBar label="Visitors so far" value={words.bar.value} text={words.bar.text} />}
      <dl className={styles.facts}>
        {facts.map((fact) => (
          <div key={fact.label} className={styles.fact}>
            <dt className={styles.label}>{fact.label}</dt>
            <dd className={styles.value}>{fact.value}</dd>
            <dd className={styles.note}>{fact.note}</dd>
          </div>
        ))}
      </dl>
      {window !== null && window !== undefined && waiting > 0 && (
        <p className={styles.note}>
          {formatCount(waiting)} more visitors are not compared yet: they still have time to convert, within{' '}
          {windowText(window)} of their first look.
        </p>
      )}
      <Dialog
        wide
        open={planning}
        title={`Plan ${readableId(experiment.test_id)}`}
        onClose={() => setPlanning(false)}
      >
        <PlanCalculator experiment={experiment} />
      </Dialog>
    </section>
  );
}

function windowText(seconds: number): string {
  return seconds % 86_400 === 0
    ? formatQuantity(seconds / 86_400, 'day')
    : formatQuantity(Math.round(seconds / 3_600), 'hour');
}
