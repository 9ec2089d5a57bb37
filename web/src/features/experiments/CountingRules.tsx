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
