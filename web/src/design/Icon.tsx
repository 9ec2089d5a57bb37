const PATHS = {
  alert:
    'M8 5.2v3.4M8 11.2v.1M6.9 2.6 1.7 11.8a1.2 1.2 0 0 0 1.1 1.8h10.4a1.2 1.2 0 0 0 1.1-1.8L9.1 2.6a1.25 1.25 0 0 0-2.2 0Z',
  arrowRight: 'M3 8h10M9 4l4 4-4 4',
  arrowDown: 'M8 3v10M4 9l4 4 4-4',
  arrowUp: 'M8 13V3M4 7l4-4 4 4',
  bars: 'M3.5 13V9M8 13V6M12.5 13V3',
  bell: 'M3.4 11.4h9.2L11.6 10V6.9a3.6 3.6 0 0 0-7.2 0V10ZM6.6 13.4a1.5 1.5 0 0 0 2.8 0',
  book: 'M3 3.2h3.6A1.4 1.4 0 0 1 8 4.6v8.6a1.2 1.2 0 0 0-1.2-1.2H3ZM13 3.2H9.4A1.4 1.4 0 0 0 8 4.6v8.6a1.2 1.2 0 0 1 1.2-1.2H13Z',
  check: 'm3 8.6 3.2 3.2L13 4.8',
  chevronDown: 'm4 6 4 4 4-4',
  clock: 'M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4ZM8 4.6V8l2.4 1.6',
  close: 'm4 4 8 8M12 4l-8 8',
  copy: 'M6 5.5h6.2a.8.8 0 0 1 .8.8v6.2a.8.8 0 0 1-.8.8H6a.8.8 0 0 1-.8-.8V6.3a.8.8 0 0 1 .8-.8ZM3.6 10.6H3a.8.8 0 0 1-.8-.8V3.3a.8.8 0 0 1 .8-.8h6.6a.8.8 0 0 1 .8.8',
  database:
    'M3 4c0-1.1 2.2-2 5-2s5 .9 5 2-2.2 2-5 2-5-.9-5-2Zm0 0v8c0 1.1 2.2 2 5 2s5-.9 5-2V4M3 8c0 1.1 2.2 2 5 2s5-.9 5-2',
  download: 'M8 2.4v7.4M4.8 6.8 8 10l3.2-3.2M2.8 13.4h10.4',
  equal: 'M3.4 6h9.2M3.4 10h9.2',
  eye: 'M1.6 8S4 3.6 8 3.6 14.4 8 14.4 8 12 12.4 8 12.4 1.6 8 1.6 8ZM8 9.9a1.9 1.9 0 1 0 0-3.8 1.9 1.9 0 0 0 0 3.8Z',
  eyeOff:
    'M6.4 3.8A6 6 0 0 1 8 3.6c4 0 6.4 4.4 6.4 4.4a11 11 0 0 1-1.6 2.1M10 11.9a6 6 0 0 1-2 .5C4 12.4 1.6 8 1.6 8a11 11 0 0 1 3-3.2M2.4 2.4l11.2 11.2',
  file: 'M9 1.8H4.6a1 1 0 0 0-1 1v10.4a1 1 0 0 0 1 1h6.8a1 1 0 0 0 1-1V5.2ZM9 1.8v3.4h3.4',
  flask: 'M6.2 2h3.6M6.8 2v4.2L3 12.6A1 1 0 0 0 3.9 14h8.2a1 1 0 0 0 .9-1.4L9.2 6.2V2M4.6 10h6.8',
  help: 'M6.2 6.2a1.9 1.9 0 1 1 2.6 1.9c-.5.2-.8.6-.8 1.1v.2M8 11.3v.1M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4Z',
  info: 'M8 7.3v3.9M8 4.9v.1M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4Z',
  lock: 'M4 7.2h8a.8.8 0 0 1 .8.8v5a.8.8 0 0 1-.8.8H4a.8.8 0 0 1-.8-.8V8a.8.8 0 0 1 .8-.8ZM5.2 7.2V5a2.8 2.8 0 0 1 5.6 0v2.2',
  monitor:
    'M2.6 2.8h10.8a.8.8 0 0 1 .8.8v6.6a.8.8 0 0 1-.8.8H2.6a.8.8 0 0 1-.8-.8V3.6a.8.8 0 0 1 .8-.8ZM8 11v2.6M5.4 13.6h5.2',
  moon: 'M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6a5.8 5.8 0 1 0 7 7Z',
  refresh: 'M13.4 8a5.4 5.4 0 1 1-1.6-3.8L13.4 5.8M13.4 2.4v3.4H10',
  signOut: 'M6.2 13.6H3.4a.8.8 0 0 1-.8-.8V3.2a.8.8 0 0 1 .8-.8h2.8M10.4 11l3-3-3-3M13.2 8H6',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.4v1.2M8 13.4v1.2M1.4 8h1.2M13.4 8h1.2M3.3 3.3l.9.9M11.8 11.8l.9.9M12.7 3.3l-.9.9M4.2 11.8l-.9.9',
  tag: 'M2.4 2.4h5l6.2 6.2a1 1 0 0 1 0 1.4l-3.6 3.6a1 1 0 0 1-1.4 0L2.4 7.4ZM5.4 5.4v.1',
  user: 'M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8ZM2.8 13.8c.6-2.4 2.6-3.8 5.2-3.8s4.6 1.4 5.2 3.8',
} as const;

/** Name of a drawn icon. */
export type IconName = keyof typeof PATHS;

interface IconProps {
  name: IconName;
  /** Edge length in pixels. */
  size?: number;
  className?: string | undefined;
}

/** A line icon in the text's colour. Always decoration: the words beside it, or the control's label, carry the meaning. */
export function Icon({ name, size = 16, className }: IconProps) {
  return (
    <svg
      className={className}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
