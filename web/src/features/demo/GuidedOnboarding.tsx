import { useState } from 'react';
import { Badge } from '../../design/Badge.tsx';
import { Button } from '../../design/Button.tsx';
import { InfoTip } from '../../design/InfoTip.tsx';
import styles from './Onboarding.module.css';

const STEPS = [
  {
    title: 'Connect a source',
    text: 'Pick an ad account, a website, a sheet or a file. Nothing is changed on the other side.',
    tip: 'Why read-only?',
    explanation: 'Dashly only reads. It can never spend money or edit a campaign for you.',
  },
  {
    title: 'Choose your figures',
    text: 'Start from a template, or pick the figures your team talks about every week.',
    tip: 'Which figures to start with?',
    explanation: 'Spend, conversions and return on ad spend answer most first questions.',
  },
  {
    title: 'Invite your team',
    text: 'Everyone sees the same numbers, counted the same way.',
    tip: 'Who can change things?',
    explanation: 'Viewers read, editors change dashboards, admins manage people.',
  },
] as const;

/** Variant B: three steps with a way forward and back, and a tip for each. */
export function GuidedOnboarding({ onTip }: { onTip: () => void }) {
  const [index, setIndex] = useState(0);
  const [finished, setFinished] = useState(false);
  const step = STEPS[index] ?? STEPS[0];

  if (finished) {
    return (
      <div className={styles.guided} data-layout="guided">
        <h3 className={styles.title}>You are set</h3>
        <p className={styles.text}>That was the whole tour. Nothing was connected: this is a demo.</p>
        <Button
          onClick={() => {
            setFinished(false);
            setIndex(0);
          }}
        >
          Take the tour again
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.guided} data-layout="guided">
      <div className={styles.progress}>
        <Badge tone="accent">
          Step {index + 1} of {STEPS.length}
        </Badge>
        <span className={styles.bars} aria-hidden="true">
          {STEPS.map(({ title }, place) => (
            <span key={title} className={place <= index ? styles.done : styles.open} />
          ))}
        </span>
      </div>
      <div aria-live="polite">
        <h3 className={styles.title}>{step.title}</h3>
        <p className={styles.text}>{step.text}</p>
      </div>
      <InfoTip key={step.tip} label={step.tip} text={step.tip} onOpen={onTip}>
        <p>{step.explanation}</p>
      </InfoTip>
      <div className={styles.actions}>
        <Button disabled={index === 0} onClick={() => setIndex(index - 1)}>
          Back
        </Button>
        <Button
          variant="primary"
          onClick={() => (index === STEPS.length - 1 ? setFinished(true) : setIndex(index + 1))}
        >
          {index === STEPS.length - 1 ? 'Finish' : 'Next'}
        </Button>
      </div>
    </div>
  );
}
