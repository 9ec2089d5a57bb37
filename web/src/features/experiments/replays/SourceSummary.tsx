import type { ReplaySource } from '../../../api/types.ts';
import { formatCount } from '../../../design/numbers.ts';
import { Stat } from '../../../design/Stat.tsx';
import { StatGroup } from '../../../design/StatGroup.tsx';
import styles from './Replays.module.css';

/** What looking often does to one source, in one sentence and three numbers. */
export function SourceSummary({ source }: { source: ReplaySource }) {
  const lost = source.crossed_at_some_look - source.crossed_at_last_look;
  return (
    <section className={styles.source} aria-label={source.source}>
      <h2 className={styles.title}>{source.source}</h2>
      <p>
        Of {formatCount(source.series)} series, {formatCount(source.crossed_at_some_look)} looked like a
        difference at some look, and {formatCount(lost)} of them did not any more at the last one. The
        confidence sequence, which may be looked at as often as one likes, called{' '}
        {formatCount(source.sequence_excludes_zero)}.
      </p>
      <StatGroup label={`Series of ${source.source}`}>
        <Stat
          label="|z| above 1.96 at some look"
          value={formatCount(source.crossed_at_some_look)}
          note="stop at the first such look, and this is what you find"
        />
        <Stat
          label="still above at the last look"
          value={formatCount(source.crossed_at_last_look)}
          note="what one look at the end finds"
        />
        <Stat
          label="sequence excluded 0 at some look"
          value={formatCount(source.sequence_excludes_zero)}
          note="what may be said at any look"
        />
      </StatGroup>
      <p className={styles.note}>
        {source.source}, {source.licence}. {formatCount(source.looks)} looks; {formatCount(source.left_out)}{' '}
        lines with missing values are left out. Nothing is guaranteed here: how visitors were to be split is
        not known, and the means grow with the time each visitor had.
      </p>
    </section>
  );
}
