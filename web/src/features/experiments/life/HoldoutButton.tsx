import { useState } from 'react';
import { patchHoldout } from '../../../api/experimentLife.ts';
import type { Holdout } from '../../../api/types.ts';
import { Button } from '../../../design/Button.tsx';
import { Dialog } from '../../../design/Dialog.tsx';
import { Field } from '../../../design/Field.tsx';
import { ChangeForm } from './ChangeForm.tsx';
import { formatShare } from './lifeWords.ts';
import { parsePercent } from './percentInput.ts';
import { useLives } from './useLives.ts';

/** Shows and changes the share of visitors who take part in nothing. */
export function HoldoutButton() {
  const holdout = useLives().data?.holdout;
  const [open, setOpen] = useState(false);
  if (!holdout) {
    return null;
  }
  return (
    <>
      <Button size="sm" icon="user" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Holdout {formatShare(holdout.share)}
      </Button>
      <Dialog open={open} title="Holdout" onClose={() => setOpen(false)}>
        {open && <HoldoutForm holdout={holdout} onClose={() => setOpen(false)} />}
      </Dialog>
    </>
  );
}

function HoldoutForm({ holdout, onClose }: { holdout: Holdout; onClose: () => void }) {
  const [text, setText] = useState(() => String(Number((holdout.share * 100).toFixed(4))));
  const { share, fault } = parsePercent(text, 1);
  // What the file says needs no setting of its own.
  const wanted = share === holdout.declared_share ? null : share;
  return (
    <ChangeForm
      action="Change the holdout"
      done="The holdout is changed"
      incomplete={share === null || share === holdout.share}
      make={(reason) => patchHoldout(holdout.revision, wanted, reason)}
      onClose={onClose}
    >
      <p>
        These visitors take part in no experiment and always see the controls. Comparing them with everybody
        else later shows what all experiments together have brought.
      </p>
      <Field
        label="Share of all visitors, percent"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        error={fault}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <p>The file says {formatShare(holdout.declared_share)}.</p>
    </ChangeForm>
  );
}
