import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { createQaLink } from '../../../api/experimentLife.ts';
import type { ExperimentLife } from '../../../api/types.ts';
import { Button } from '../../../design/Button.tsx';
import { CopyLine } from '../../../design/CopyLine.tsx';
import { formatMoment } from '../../../design/dates.ts';
import { Field } from '../../../design/Field.tsx';
import { Notice } from '../../../design/Notice.tsx';
import { Segmented } from '../../../design/Segmented.tsx';
import styles from './ChangeForm.module.css';

const HOURS = [
  { value: '1', label: '1 hour' },
  { value: '24', label: '1 day' },
  { value: '168', label: '1 week' },
];

/** Makes a link that shows one variant to whoever opens it. */
export function QaLinkForm({ life }: { life: ExperimentLife }) {
  const [variant, setVariant] = useState(
    () => Object.keys(life.variants).find((key) => key !== life.control) ?? life.control,
  );
  const [hours, setHours] = useState('24');
  const [path, setPath] = useState('/');
  const link = useMutation({
    mutationFn: () => createQaLink(life.test_id, { variant, hours: Number(hours), path }),
  });
  const forget = () => link.reset();
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        link.mutate();
      }}
    >
      <p>
        Whoever opens the link sees the chosen variant in that browser, also of a draft. Such visits are not
        counted.
      </p>
      <Segmented
        label="Variant to show"
        value={variant}
        options={Object.entries(life.variants).map(([value, label]) => ({
          value,
          label: `${value}: ${label}`,
        }))}
        onChange={(value) => {
          setVariant(value);
          forget();
        }}
      />
      <Segmented
        label="How long the link works"
        value={hours}
        options={HOURS}
        onChange={(value) => {
          setHours(value);
          forget();
        }}
      />
      <Field
        label="Page it leads to"
        value={path}
        autoComplete="off"
        onChange={(event) => {
          setPath(event.currentTarget.value);
          forget();
        }}
      />
      {link.isError && (
        <Notice tone="danger" urgent title="There is no link">
          <p>{link.error.message}</p>
        </Notice>
      )}
      {link.data ? (
        <Notice tone="positive" urgent title={`Works until ${formatMoment(link.data.expires_at)}`}>
          <CopyLine
            text={new URL(link.data.url, window.location.origin).href}
            label="Copy the preview link"
          />
          <p>To end it in a browser, open /qa/off there.</p>
        </Notice>
      ) : (
        <div className={styles.actions}>
          <Button type="submit" variant="primary" busy={link.isPending}>
            Make the link
          </Button>
        </div>
      )}
    </form>
  );
}
