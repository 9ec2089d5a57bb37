import { Toast } from 'radix-ui';
import { useCallback, useRef, useState, type ReactNode } from 'react';
import { Icon } from './Icon.tsx';
import styles from './ToastProvider.module.css';
import { classNames } from './classNames.ts';
import { ToastContext, type ToastMessage } from './toastContext.ts';

const VISIBLE_MS = 5_000;
const MOST_AT_ONCE = 3;

interface Shown extends ToastMessage {
  key: number;
}

/** Draws the toasts; anything inside may show one with `useToast`. Radix announces them to screen readers. */
export function ToastProvider({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Shown[]>([]);
  const nextKey = useRef(0);
  const show = useCallback((message: ToastMessage) => {
    nextKey.current += 1;
    const shown = { ...message, key: nextKey.current };
    setToasts((current) => [...current, shown].slice(-MOST_AT_ONCE));
  }, []);
  const remove = (key: number) => setToasts((current) => current.filter((toast) => toast.key !== key));

  return (
    <ToastContext value={show}>
      <Toast.Provider duration={VISIBLE_MS} swipeDirection="right">
        {children}
        {toasts.map((toast) => (
          <Toast.Root
            key={toast.key}
            className={classNames(styles.toast, styles[toast.tone])}
            onOpenChange={(open) => !open && remove(toast.key)}
          >
            <Icon name={toast.tone === 'positive' ? 'check' : 'alert'} className={styles.icon} />
            <div className={styles.words}>
              <Toast.Title className={styles.title}>{toast.title}</Toast.Title>
              {toast.detail !== undefined && (
                <Toast.Description className={styles.detail}>{toast.detail}</Toast.Description>
              )}
            </div>
            <Toast.Close className={styles.close} aria-label="Dismiss">
              <Icon name="close" size={14} />
            </Toast.Close>
          </Toast.Root>
        ))}
        <Toast.Viewport className={styles.viewport} />
      </Toast.Provider>
    </ToastContext>
  );
}
