import { useState, type ComponentProps } from 'react';
import { Field } from '../../design/Field.tsx';
import { IconButton } from '../../design/IconButton.tsx';

/** A password input that can show what was typed: fewer mistakes with long passwords. */
export function PasswordField(props: Omit<ComponentProps<typeof Field>, 'type' | 'adornment'>) {
  const [shown, setShown] = useState(false);
  return (
    <Field
      {...props}
      type={shown ? 'text' : 'password'}
      adornment={
        <IconButton
          icon={shown ? 'eyeOff' : 'eye'}
          label={shown ? 'Hide password' : 'Show password'}
          onClick={() => setShown(!shown)}
        />
      }
    />
  );
}
