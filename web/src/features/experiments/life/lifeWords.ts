import type { Change, ExperimentLife } from '../../../api/types.ts';
import { formatCount } from '../../../design/numbers.ts';

/** A change of the status, in words: what one chooses, what it does, and what is said afterwards. */
export interface StatusChange {
  status: 'running' | 'stopped' | 'archived';
  /** In the menu. */
  label: string;
  action: string;
  done: string;
  /** What it means for visitors and numbers. */
  effects: readonly string[];
  danger: boolean;
}

const START: StatusChange = {
  status: 'running',
  label: 'Start…',
  action: 'Start the experiment',
  done: 'The experiment runs',
  effects: [
    'Visitors are drawn into its variants from now on.',
    'Each counts from the first time they see it; what was counted before stays.',
  ],
  danger: false,
};

const STOP: StatusChange = {
  status: 'stopped',
  label: 'Stop…',
  action: 'Stop the experiment',
  done: 'The experiment is stopped',
  effects: [
    'Visitors no longer see its variants: pages fall back to what they show without it.',
    'The results stay. Events that still arrive are kept and not counted.',
    'You can start it again.',
  ],
  danger: true,
};

const ARCHIVE: StatusChange = {
  status: 'archived',
  label: 'Archive…',
  action: 'Archive the experiment',
  done: 'The experiment is archived',
  effects: [
    'As with a stop, nobody sees it any more, and feature flags no longer know it.',
    'It leaves this page. “Show archived” brings it back, with all its numbers.',
    'If this installation removes old records, you have that long to restore it.',
  ],
  danger: true,
};

const RESTORE: StatusChange = {
  status: 'stopped',
  label: 'Restore…',
  action: 'Restore the experiment',
  done: 'The experiment is back, stopped',
  effects: ['It is on this page again, stopped. Visitors see it once you start it.'],
  danger: false,
};

/** What can be done about the status of an experiment. */
export function statusChanges(life: ExperimentLife): readonly StatusChange[] {
  if (life.retired_at != null) {
    return [];
  }
  switch (life.effective.status) {
    case 'draft':
      return [START, ARCHIVE];
    case 'running':
      return [STOP, ARCHIVE];
    case 'archived':
      return [RESTORE];
    default:
      return [START, ARCHIVE];
  }
}

/** A share as a percentage with as many decimals as it has: 0.125 is 12.5%. */
export function formatShare(share: number): string {
  return `${Number((share * 100).toFixed(4))}%`;
}

/** What a ramp does, in one sentence. */
export function describeRamp(from: number, to: number): string {
  if (from === to) {
    return 'Nothing changes yet.';
  }
  return to > from
    ? `From ${formatShare(from)} to ${formatShare(to)} of the visitors: more take part, and nobody who does changes the variant.`
    : `From ${formatShare(from)} to ${formatShare(to)} of the visitors: those who fall out see the control. What they did until now stays counted.`;
}

const ACTIONS: Record<Change['action'], string> = {
  start: 'Started',
  stop: 'Stopped',
  archive: 'Archived',
  restore: 'Restored',
  ramp: 'Traffic changed',
  set_winner: 'Winner set',
  clear_winner: 'Winner taken back',
  holdout: 'Holdout changed',
  reset: 'Reset to the file',
  export: 'Written into the file',
  recount: 'Counted again',
  erase_visitor: 'Visitor erased',
  retire: 'Retired: records too old',
  remove_records: 'Old records removed',
  edit: 'Changed',
};

/** What was done, in words. */
export function actionWords(action: Change['action']): string {
  return ACTIONS[action];
}

/** One field of a change: its name and its value before and after, in words. */
export interface FieldChange {
  field: string;
  before: string;
  after: string;
}

/** Every field that a line of the log names. */
export function listFields(change: Change): FieldChange[] {
  const before = change.before as Record<string, unknown>;
  const after = change.after as Record<string, unknown>;
  return Object.keys({ ...before, ...after }).map((field) => ({
    field: FIELDS[field] ?? field,
    before: fieldWords(field, before[field]),
    after: fieldWords(field, after[field]),
  }));
}

const FIELDS: Record<string, string> = {
  status: 'Status',
  traffic: 'Traffic',
  winner: 'Winner',
  share: 'Holdout',
  traffic_millionths: 'Traffic',
  holdout_millionths: 'Holdout',
  exposures: 'Exposures',
  events: 'Events',
};

function fieldWords(field: string, value: unknown): string {
  if (value === undefined) {
    return '';
  }
  if (typeof value === 'number') {
    if (field === 'exposures' || field === 'events') {
      return formatCount(value);
    }
    return formatShare(field.endsWith('_millionths') ? value / 1_000_000 : value);
  }
  return typeof value === 'string' ? value : 'none';
}
