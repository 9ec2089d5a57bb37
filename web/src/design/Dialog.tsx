import { useEffect, useId, useRef, type ReactNode } from 'react';
import { classNames } from './classNames.ts';
import styles from './Dialog.module.css';
import { Icon } from './Icon.tsx';

interface DialogProps {
  open: boolean;
  title: string;
  children: ReactNode;
  /** For text to read or a form with results beside it. */
  wide?: boolean;
  onClose: () => void;
}

/**
 * A modal dialog on the browser's own `<dialog>`: the page behind is inert, Escape closes, focus returns to where it was.
 *
 * The Radix dialog is not used because its scroll lock injects a style element, which the content security policy
 * refuses.
 */
export function Dialog({ open, title: words, children, wide = false, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = element.current;
    if (open && dialog && !dialog.open) {
      dialog.showModal();
      // Start at the title, not at the close button: what the dialog is about comes first.
      title.current?.focus();
    } else if (!open && dialog?.open) {
      dialog.close();
    }
  }, [open]);

  return (
    <dialog
      ref={element}
      className={classNames(styles.dialog, wide && styles.wide)}
      aria-labelledby={titleId}
      onClose={onClose}
    >
      <div className={styles.header}>
        <h2 ref={title} id={titleId} className={styles.title} tabIndex={-1}>
          {words}
        </h2>
        <button
          type="button"
          className={styles.close}
          aria-label="Close"
          onClick={() => element.current?.close()}
        >
          <Icon name="close" />
        </button>
      </div>
      {open && children}
    </dialog>
  );
}
