import { formatMoment } from '../../../design/dates.ts';
import { InfoTip } from '../../../design/InfoTip.tsx';
import type { ExperimentLife } from '../../../api/types.ts';
import { formatShare } from './lifeWords.ts';
import { useLife } from './useLives.ts';

/** Says that an experiment is not as the file has it, what differs, and how to keep it. Nothing while nothing differs. */
export function ChangedBadge({ testId }: { testId: string }) {
  const life = useLife(testId);
  if (!life || life.changed.length === 0) {
    return null;
  }
  return (
    <InfoTip label="What was changed on this page" text={`Changed here: ${life.changed.join(', ')}`}>
      <p>
        <strong>These settings win over the file</strong> until they are written into it or reset.
      </p>
      {life.changed.map((field) => (
        <p key={field}>
          {field}: {fieldWords(life.effective, field)}; the file says {fieldWords(life.declared, field)}
        </p>
      ))}
      {life.changed_at != null && (
        <p>
          Last changed by {life.changed_by} on {formatMoment(life.changed_at)}.
        </p>
      )}
      <p>
        To keep them, run <code>dashly experiments export --write</code>.
      </p>
    </InfoTip>
  );
}

function fieldWords(settings: ExperimentLife['effective'], field: string): string {
  switch (field) {
    case 'traffic':
      return formatShare(settings.traffic);
    case 'winner':
      return settings.winner ?? 'none';
    default:
      return settings.status;
  }
}
