import type { DefinitionsHealth, MirrorHealth, WriterHealth } from '../../api/types.ts';
import { formatAgo } from '../../design/dates.ts';
import { formatCount, formatQuantity } from '../../design/numbers.ts';

/** State of one part of the system in words: a headline, one line of figures, and what is wrong, if anything. */
export interface PartHealth {
  tone: 'positive' | 'neutral' | 'warning' | 'danger';
  headline: string;
  figures: string;
  problem: string | null;
}

/** The writer: whether everything acknowledged is being committed. */
export function describeWriter(writer: WriterHealth, now: Date): PartHealth {
  const queue = `${formatCount(writer.queued)} of ${formatCount(writer.queue_capacity)} queued`;
  const last = writer.last_commit_at
    ? `last commit ${formatAgo(writer.last_commit_at, now)}`
    : 'nothing written since start';
  return {
    tone: writer.status === 'ok' ? 'positive' : 'danger',
    headline: writer.status === 'ok' ? 'Committing' : 'Not committing',
    figures: `${queue}, ${last}`,
    problem: writer.last_error ?? null,
  };
}

/** The definitions file: which version of it is in force. */
export function describeDefinitions(definitions: DefinitionsHealth, now: Date): PartHealth {
  const loaded = `${formatQuantity(definitions.experiments, 'experiment')}, loaded ${formatAgo(definitions.loaded_at, now)}`;
  return {
    tone: definitions.status === 'ok' ? 'positive' : 'danger',
    headline: definitions.status === 'ok' ? 'Valid' : 'Last edit refused',
    figures: loaded,
    // Shown at length below the strip, with every error.
    problem: null,
  };
}

const MIRROR: Record<MirrorHealth['status'], Pick<PartHealth, 'tone' | 'headline'>> = {
  ok: { tone: 'positive', headline: 'In step' },
  catching_up: { tone: 'warning', headline: 'Catching up' },
  error: { tone: 'danger', headline: 'Not writing' },
  off: { tone: 'neutral', headline: 'Off' },
  elsewhere: { tone: 'neutral', headline: 'Kept by another process' },
};

/** States in which this process has no files of its own to count in. */
const MIRROR_WITHOUT_FILES: Partial<Record<MirrorHealth['status'], string>> = {
  off: 'No JSON copies are written',
  elsewhere: 'That process knows how far they are',
};

/** The JSON mirror: whether the readable copies of the records are up to date. */
export function describeMirror(mirror: MirrorHealth): PartHealth {
  return {
    ...MIRROR[mirror.status],
    figures:
      MIRROR_WITHOUT_FILES[mirror.status] ??
      `up to exposure ${formatCount(mirror.last_exposure_id)} and event ${formatCount(mirror.last_event_id)}`,
    problem: mirror.problem ?? null,
  };
}
