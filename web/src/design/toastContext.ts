import { createContext, use } from 'react';

/** What a toast says. */
export interface ToastMessage {
  tone: 'positive' | 'warning' | 'danger';
  title: string;
  detail?: string;
}

/** Shows a toast. */
export type ShowToast = (message: ToastMessage) => void;

/** Carries the function that shows a toast. */
export const ToastContext = createContext<ShowToast>(() => undefined);

/** Gives the function that shows a short-lived message at the edge of the window. */
export function useToast(): ShowToast {
  return use(ToastContext);
}
