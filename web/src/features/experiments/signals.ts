import type { ExperimentHealth } from '../../api/types.ts';

/** One irregularity of the data of an experiment: how often, what it means and what to do about it. */
export interface Signal {
  id: keyof ExperimentHealth;
  label: string;
  count: number;
  meaning: string;
  advice: string;
}

const WORDS: Record<keyof ExperimentHealth, Pick<Signal, 'label' | 'meaning' | 'advice'>> = {
  several_variants: {
    label: 'Saw two variants',
    meaning: 'Visitors who were shown more than one variant. Each counts once, under the variant seen first.',
    advice:
      'A few are normal: cookies get cleared or edited. Many: was a variant removed, or the split changed?',
  },
  early_events: {
    label: 'Events before exposure',
    meaning: 'Target events that came before their visitor had seen the experiment. They count in no rate.',
    advice: 'Have the page ask for its variant when it opens, before anything can be clicked.',
  },
  false_variants: {
    label: 'False variants',
    meaning: 'Events that named another variant than the visitor’s own. They count under the true one.',
    advice: 'Look for a page that picks a variant by itself, or that is served from a cache.',
  },
  late_events: {
    label: 'Late events',
    meaning: 'Target events after the conversion window of their visitor had closed. They count in no rate.',
    advice: 'Nothing to do while they are few. If they are many, the window is too short for this event.',
  },
  unknown_events: {
    label: 'Unknown events',
    meaning: 'Events that named this experiment, and that neither its target nor a metric asks for.',
    advice: 'Is the name that the page sends misspelled? Nothing to do if the event serves another purpose.',
  },
  stopped_events: {
    label: 'After the stop',
    meaning: 'Events that arrived while the experiment was not running: kept, but not counted.',
    advice: 'Usually pages that were still open. Nothing to do.',
  },
  bots: {
    label: 'Bots',
    meaning: 'Visitors whose browser called itself a program, such as a search engine. They are not counted.',
    advice: 'Nothing to do. If it is your own monitoring, it is kept out as it should be.',
  },
  joined_visitors: {
    label: 'Joined later',
    meaning:
      'Visitors who signed in after their visit and became the visitor that their account is on another device. What they did before stays counted, so such a person may count twice.',
    advice: 'Nothing to do while they are few. If they are many, show the experiment after the sign-in.',
  },
};

const ORDER = Object.keys(WORDS) as (keyof ExperimentHealth)[];

/** Every signal in a fixed order, also those at 0: what was checked is worth knowing. */
export function listSignals(health: ExperimentHealth): Signal[] {
  return ORDER.map((id) => ({ id, count: health[id], ...WORDS[id] }));
}
