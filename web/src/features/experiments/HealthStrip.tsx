import type { DefinitionsHealth, ResultsHealth } from '../../api/types.ts';
import { Icon, type IconName } from '../../design/Icon.tsx';
import { Notice } from '../../design/Notice.tsx';
import { classNames } from '../../design/classNames.ts';
import styles from './HealthStrip.module.css';
import { describeDefinitions, describeMirror, describeWriter, type PartHealth } from './systemHealth.ts';

interface HealthStripProps {
  health: ResultsHealth;
  /** When the health was taken, so that "12 s ago" agrees with the numbers on the page. */
  at: string;
}

/** The three parts the numbers depend on, and at length whatever is wrong with them. */
export function HealthStrip({ health, at }: HealthStripProps) {
  const now = new Date(at);
  const { problem, warnings, file } = health.definitions;
  return (
    <section className={styles.section} aria-label="Health of data collection">
      <ul className={styles.strip}>
        <Part icon="database" name="Writer" health={describeWriter(health.writer, now)} />
        <Part icon="file" name={file} health={describeDefinitions(health.definitions, now)} />
        <Part icon="copy" name="JSON mirror" health={describeMirror(health.mirror)} />
      </ul>
      {problem && (
        <Notice
          tone="danger"
          title={`The last edit of ${file} is refused; the version before it stays in force`}
        >
          {problem.errors.length > 0 ? <Faults faults={problem.errors} /> : <p>{problem.detail}</p>}
        </Notice>
      )}
      {warnings.length > 0 && (
        <Notice tone="warning" title={`Something in ${file} has no effect`}>
          <Faults faults={warnings} />
        </Notice>
      )}
    </section>
  );
}

function Faults({ faults }: { faults: DefinitionsHealth['warnings'] }) {
  return (
    <ul className={styles.errors}>
      {faults.map(({ pointer, detail }) => (
        <li key={`${pointer} ${detail}`}>
          {pointer !== '' && <code>{pointer}</code>} <CodeText text={detail} />
        </li>
      ))}
    </ul>
  );
}

/** The server quotes names and values with backticks. */
function CodeText({ text }: { text: string }) {
  return text
    .split('`')
    .map((part, place) =>
      place % 2 === 1 ? <code key={place}>{part}</code> : <span key={place}>{part}</span>,
    );
}

function Part({ icon, name, health }: { icon: IconName; name: string; health: PartHealth }) {
  return (
    <li className={styles.part}>
      <Icon name={icon} className={styles.icon} />
      <div className={styles.words}>
        <p className={styles.headline}>
          <span className={styles.name}>{name}</span>
          <span className={classNames(styles.state, styles[health.tone])}>{health.headline}</span>
        </p>
        <p className={styles.figures}>{health.figures}</p>
        {health.problem !== null && <p className={styles.problem}>{health.problem}</p>}
      </div>
    </li>
  );
}
