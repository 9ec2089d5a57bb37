import { InfoTip } from '../../design/InfoTip.tsx';

interface RuleProps {
  /** Words on the tip's button, where no column heading stands beside it. */
  text?: string;
}

/** Explains what `rate` counts. */
export function RateRule({ text }: RuleProps) {
  return (
    <InfoTip label="How the rate is counted" {...(text ? { text } : {})}>
      <p>
        <strong>Rate = target events ÷ exposures.</strong> Every target event at or after the visitor&rsquo;s
        exposure counts, repeats included, so it can exceed 100%.
      </p>
      <p>An exposure is one visitor, once, under the first variant they saw.</p>
    </InfoTip>
  );
}

/** Explains what the unique rate and its interval count. */
export function UniqueRateRule({ text }: RuleProps) {
  return (
    <InfoTip label="How the unique rate is counted" {...(text ? { text } : {})}>
      <p>
        <strong>Unique rate = converters ÷ exposures.</strong> Each visitor counts at most once, however often
        they repeat the target event.
      </p>
      <p>
        The bar is the 95% interval (Wilson) of that rate, the mark the rate itself. It shows how uncertain
        the rate still is. It narrows as more visitors come. All bars of one experiment share a scale.
      </p>
    </InfoTip>
  );
}

/** Explains what the lift and its interval say. */
export function LiftRule({ text }: RuleProps) {
  return (
    <InfoTip label="How the lift is computed" {...(text ? { text } : {})}>
      <p>
        <strong>Lift = how much higher the unique rate is, relative to the control&rsquo;s.</strong> From 10%
        to 12% is a lift of +20%.
      </p>
      <p>
        The range is a 95% confidence sequence: it holds at every moment you look, so looking often costs
        nothing. Visitors count under the variant they were drawn, which can differ a little from the counts
        on the left.
      </p>
    </InfoTip>
  );
}

/** Explains what the chance to beat the control is, and that nothing is decided by it. */
export function ChanceRule({ text }: RuleProps) {
  return (
    <InfoTip label="How the chance to beat control is computed" {...(text ? { text } : {})}>
      <p>
        <strong>A Bayesian number:</strong> the probability that this variant&rsquo;s true rate is higher than
        the control&rsquo;s, from the same counts, with every rate equally likely beforehand.
      </p>
      <p>
        It moves fast while there are few visitors. The verdict does not use it: stopping as soon as it is
        high would too often pick a variant that changes nothing.
      </p>
    </InfoTip>
  );
}
