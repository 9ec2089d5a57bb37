import { useSyncExternalStore } from 'react';

/** What the person chose; `system` follows the device. */
export type ThemeChoice = 'system' | 'light' | 'dark';

/** What is drawn. */
export type Theme = 'light' | 'dark';

/** Also read by `public/theme.js`, which sets the theme before the first paint. */
const STORAGE_KEY = 'dashly.theme';

const listeners = new Set<() => void>();
const systemIsDark = () => window.matchMedia('(prefers-color-scheme: dark)');

function readChoice(): ThemeChoice {
  try {
    const stored = window.localStorage.getItem(STORAGE_KEY);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return chosenWithoutStorage;
  }
}

let chosenWithoutStorage: ThemeChoice = 'system';

/** The theme a choice leads to, given what the device prefers. */
export function resolveTheme(choice: ThemeChoice, deviceIsDark: boolean): Theme {
  return choice === 'system' ? (deviceIsDark ? 'dark' : 'light') : choice;
}

function apply(): void {
  document.documentElement.dataset.theme = resolveTheme(readChoice(), systemIsDark().matches);
  listeners.forEach((listener) => listener());
}

/** Remembers the choice in this browser and draws it at once. */
export function chooseTheme(choice: ThemeChoice): void {
  chosenWithoutStorage = choice;
  try {
    window.localStorage.setItem(STORAGE_KEY, choice);
  } catch {
    // Blocked storage: the choice lasts until the page is left.
  }
  apply();
}

/** Keeps the page in step with the device and with other tabs. Call once at start; gives the function that stops it. */
export function followTheme(): () => void {
  const device = systemIsDark();
  device.addEventListener('change', apply);
  window.addEventListener('storage', apply);
  apply();
  return () => {
    device.removeEventListener('change', apply);
    window.removeEventListener('storage', apply);
  };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The person's choice, for the theme menu. */
export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, readChoice);
}

/** The theme being drawn, for charts, which need real colours. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => resolveTheme(readChoice(), systemIsDark().matches));
}
