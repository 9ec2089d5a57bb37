import { useState } from 'react';
import { Button } from '../../design/Button.tsx';
import { Dialog } from '../../design/Dialog.tsx';
import styles from './HelpButton.module.css';
import { HELP_TOPICS } from './helpTopics.ts';

/** Opens the explanation of every number on the page, in words for people who do not do statistics. */
export function HelpButton() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="sm" icon="help" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        What do these numbers mean?
      </Button>
      <Dialog wide open={open} title="What do these numbers mean?" onClose={() => setOpen(false)}>
        <dl className={styles.topics}>
          {HELP_TOPICS.map(({ term, text }) => (
            <div key={term} className={styles.topic}>
              <dt className={styles.term}>{term}</dt>
              <dd className={styles.text}>{text}</dd>
            </div>
          ))}
        </dl>
        <p className={styles.more}>
          The formulas and their sources are in <code>docs/experiments.md</code>.
        </p>
      </Dialog>
    </>
  );
}
