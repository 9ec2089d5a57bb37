import { init, use as register, type EChartsCoreOption, type EChartsType } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import styles from './Chart.module.css';
import { useTheme } from './theme.ts';

register([SVGRenderer]);

/** Reads a colour of the design by its token: ECharts cannot read custom properties. */
export type ReadColor = (token: string) => string;

interface ChartProps {
  /** What is drawn, in the colours of the present theme; without motion when `still`. Must be stable between renders. */
  option: (color: ReadColor, still: boolean) => EChartsCoreOption;
  testId: string;
}

/**
 * A picture by ECharts, whose parts the caller registers. Load it lazily: ECharts weighs more than the rest of the app.
 * Hidden from screen readers, which get the same numbers as a table beside it.
 */
export function Chart({ option, testId }: ChartProps) {
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const theme = useTheme();

  useEffect(() => {
    const container = element.current;
    if (!container) {
      return;
    }
    const instance = init(container, null, { renderer: 'svg' });
    chart.current = instance;
    const observer = new ResizeObserver(() => instance.resize());
    observer.observe(container);
    return () => {
      observer.disconnect();
      instance.dispose();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    const tokens = getComputedStyle(document.documentElement);
    const color: ReadColor = (token) => tokens.getPropertyValue(token).trim();
    // Merged by id: a refresh moves what is drawn instead of drawing it anew every time.
    chart.current?.setOption(option(color, still), { replaceMerge: ['series'] });
  }, [option, theme]);

  return <div ref={element} className={styles.chart} aria-hidden="true" data-testid={testId} />;
}
