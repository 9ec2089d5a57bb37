import { resetSettings } from '../../../api/experimentLife.ts';
import type { ExperimentLife } from '../../../api/types.ts';
import { ChangeForm } from './ChangeForm.tsx';
import { formatShare } from './lifeWords.ts';

interface ResetFormProps {
  life: ExperimentLife;
  onClose: () => void;
}

/** Lets the file hold again. */
export function ResetForm({ life, onClose }: ResetFormProps) {
  const { declared } = life;
  return (
    <ChangeForm
      action="Reset to the file"
      done="The file holds again"
      danger
      make={(reason) => resetSettings(life.test_id, life.revision, reason)}
      onClose={onClose}
    >
      <p>What was changed on this page is forgotten, and the file holds again:</p>
      <ul>
        <li>Status: {declared.status}</li>
        <li>Traffic: {formatShare(declared.traffic)}</li>
        <li>Winner: {declared.winner ?? 'none'}</li>
      </ul>
    </ChangeForm>
  );
}
