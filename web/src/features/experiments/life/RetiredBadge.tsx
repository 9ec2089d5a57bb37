import { formatMoment } from '../../../design/dates.ts';
import { InfoTip } from '../../../design/InfoTip.tsx';
import { useLife } from './useLives.ts';

/** Says that the records of an experiment's visitors are removed, and what that means. Nothing for any other experiment. */
export function RetiredBadge({ testId }: { testId: string }) {
  const retiredAt = useLife(testId)?.retired_at;
  if (retiredAt == null) {
    return null;
  }
  return (
    <InfoTip label="What retired means" text="Retired">
      <p>
        <strong>The results stay. The records of the visitors are removed</strong>, since they had become too
        old, on {formatMoment(retiredAt)}.
      </p>
      <p>
        It cannot be counted again or run again. To ask the same question once more, add an experiment with
        another identifier to the file.
      </p>
    </InfoTip>
  );
}
