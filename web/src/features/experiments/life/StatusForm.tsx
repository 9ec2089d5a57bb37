import { patchSettings } from '../../../api/experimentLife.ts';
import type { ExperimentLife } from '../../../api/types.ts';
import { ChangeForm } from './ChangeForm.tsx';
import type { StatusChange } from './lifeWords.ts';

interface StatusFormProps {
  life: ExperimentLife;
  change: StatusChange;
  onClose: () => void;
}

/** Starts, stops, archives or restores an experiment, once it is clear what that means. */
export function StatusForm({ life, change, onClose }: StatusFormProps) {
  return (
    <ChangeForm
      action={change.action}
      done={change.done}
      danger={change.danger}
      make={(reason) =>
        patchSettings(life.test_id, { revision: life.revision, status: change.status, reason })
      }
      onClose={onClose}
    >
      <ul>
        {change.effects.map((effect) => (
          <li key={effect}>{effect}</li>
        ))}
      </ul>
    </ChangeForm>
  );
}
