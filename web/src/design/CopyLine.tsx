import { useState } from 'react';
import { Button } from './Button.tsx';
import styles from './CopyLine.module.css';

interface CopyLineProps {
  /** The command, copied exactly. */
  text: string;
  label: string;
}

/** A command line with a copy button. Where the clipboard is not available (plain HTTP) the text is selected instead. */
export function CopyLine({ text, label }: CopyLineProps) {
  const [state, setState] = useState<'idle' | 'copied' | 'selected'>('idle');

  async function copy(source: HTMLElement | null) {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      if (source) {
        window.getSelection()?.selectAllChildren(source);
      }
      setState('selected');
    }
  }

  return (
    <div className={styles.line}>
      <code className={styles.text}>{text}</code>
      <Button
        size="sm"
        icon={state === 'copied' ? 'check' : 'copy'}
        aria-label={label}
        onClick={(event) => void copy(event.currentTarget.parentElement?.querySelector('code') ?? null)}
      >
        {state === 'copied' ? 'Copied' : 'Copy'}
      </Button>
      <span className="visually-hidden" role="status">
        {state === 'copied' && 'Copied to the clipboard'}
        {state === 'selected' && 'The text is selected; copy it with your keyboard'}
      </span>
    </div>
  );
}
