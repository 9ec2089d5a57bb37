import { useState } from 'react';
import { patchSettings } from '../../../api/experimentLife.ts';
import type { ExperimentLife } from '../../../api/types.ts';
import { Field } from '../../../design/Field.tsx';
import { Slider } from '../../../design/Slider.tsx';
import { ChangeForm } from './ChangeForm.tsx';
import { describeRamp, formatShare } from './lifeWords.ts';
import { parsePercent } from './percentInput.ts';

interface RampFormProps {
  life: ExperimentLife;
  onClose: () => void;
}

/** Lets more or fewer visitors take part. */
export function RampForm({ life, onClose }: RampFormProps) {
  const now = life.effective.traffic;
  const most = life.most_traffic;
  const [text, setText] = useState(() => String(Number((now * 100).toFixed(4))));
  const { share, fault } = parsePercent(text, most);
  return (
    <ChangeForm
      action="Change the traffic"
      done="The traffic is changed"
      incomplete={share === null || share === now}
      make={(reason) =>
        patchSettings(life.test_id, { revision: life.revision, traffic: share ?? now, reason })
      }
      onClose={onClose}
    >
      <Slider
        label="Share of the visitors who take part"
        value={(share ?? now) * 100}
        min={0}
        max={most * 100}
        step={1}
        text={formatShare(share ?? now)}
        onChange={(percent) => setText(String(percent))}
      />
      <Field
        label="Exactly, percent"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        error={fault}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <p role="status">{describeRamp(now, share ?? now)}</p>
      {life.layer != null && (
        <p>
          Its slice of the layer “{life.layer}” is {formatShare(most)}: more would move visitors of other
          experiments.
        </p>
      )}
    </ChangeForm>
  );
}
