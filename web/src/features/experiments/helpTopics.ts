/** One number of the page and what it means. */
export interface HelpTopic {
  term: string;
  text: string;
}

/** Every number of the page in two or three sentences, in the order in which one meets them. */
export const HELP_TOPICS: readonly HelpTopic[] = [
  {
    term: 'The verdict',
    text: 'The sentence at the top of each experiment is the answer. While it says “keep running”, a difference you see can still be chance. Once it names a better or worse variant, the decision is made; only a broken sample ratio overrules it.',
  },
  {
    term: 'Lift',
    text: 'How many more visitors convert with a variant, relative to the control. If 10 of 100 visitors convert with A and 12 of 100 with B, the lift of B is +20%. A negative lift means that fewer convert.',
  },
  {
    term: 'The range of the lift (confidence sequence)',
    text: 'The true lift can be anywhere in this range, given what was seen so far. It narrows as visitors come. In at least 95 of 100 experiments it holds the true lift at every single moment, for all variants at once, not only at the end.',
  },
  {
    term: 'Why looking often is fine here',
    text: 'With usual statistics, checking every day and stopping at the first good day finds differences that are not there. The numbers that decide here are made for being watched: look as often as you like and stop when the verdict is there.',
  },
  {
    term: 'Anytime p-value',
    text: 'How surprising the data would be if the variant changed nothing: small means surprising. Below 0.05 a variant counts as different. It stays valid however often you look, and with several variants it is corrected for their number.',
  },
  {
    term: 'Chance to beat control',
    text: 'A Bayesian number: how probable it is that a variant’s true rate is above the control’s, judged from the counts, with every rate equally likely beforehand. It is easy to read but jumps with few visitors, so the verdict does not use it.',
  },
  {
    term: 'No practical difference',
    text: 'The whole range of the lift lies in the shaded band: whatever difference there is, it is too small to matter. How small that is you set for each experiment as practical_margin; the default is 1%.',
  },
  {
    term: 'Guardrails',
    text: 'What must not get worse while the target event improves, such as refunds or errors. A guardrail warns as early as it can and is not corrected for the number of guardrails. The verdict names one that got worse, and stays what it is: whether the gain is worth it is for you to decide.',
  },
  {
    term: 'Other metrics',
    text: 'What else may have changed, such as revenue per visitor. Counts and values are cut at a fixed limit per visitor, so that a few very large orders cannot decide, and only visitors whose time has run out are counted. They are corrected for their number and do not decide.',
  },
  {
    term: 'Unique rate and rate',
    text: 'The unique rate counts each visitor at most once: converters divided by exposures. The rate counts every target event, repeats included, so it can exceed 100%. Variants are compared by the unique rate.',
  },
  {
    term: 'Sample ratio',
    text: 'Whether visitors were spread over the variants as designed, for example half and half. If not, something loses or repeats visitors of one variant, and no other number of that experiment can be trusted. It is checked all the time, in a way that allows it.',
  },
  {
    term: 'Typically needed, and time to a decision',
    text: 'If rate and lift stay as they are now, half of such experiments have decided after this many visitors. It is a guide, not a promise. It is unknown while nothing points to a difference, and the time needs a first full day of visitors.',
  },
  {
    term: 'Exploratory',
    text: 'Results of parts of the visitors, such as phones only. Among many small groups one always looks special by chance, so they are ideas for the next experiment and never a decision.',
  },
  {
    term: 'What the exact answer assumes',
    text: 'That the variants share the same delay between seeing and converting. If one variant only makes people convert sooner, the verdict finds that difference too. With a conversion_window every visitor gets the same time, and the answer is about the final rates alone; it comes later by the length of the window.',
  },
];
