import { useId, type CSSProperties } from 'react';
import styles from './Slider.module.css';

interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  /** The value in words, shown beside the label and read out while sliding. */
  text: string;
  onChange: (value: number) => void;
}

/** A number chosen by sliding: the browser's own control, so that arrow keys, Page Up, Home and touch work as everywhere. */
export function Slider({ label, value, min, max, step, text, onChange }: SliderProps) {
  const id = useId();
  return (
    <div className={styles.slider}>
      <div className={styles.line}>
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        <output htmlFor={id} className={styles.value} aria-hidden="true">
          {text}
        </output>
      </div>
      <input
        id={id}
        type="range"
        className={styles.input}
        style={{ '--share': `${((value - min) / (max - min)) * 100}%` } as CSSProperties}
        value={value}
        min={min}
        max={max}
        step={step}
        aria-valuetext={text}
        onChange={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
    </div>
  );
}
