import { LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type EChartsType } from 'echarts/core';
import { LabelLayout } from 'echarts/features';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { useTheme } from '../../design/theme.ts';
import { chartOption, type ChartColors } from './chartOption.ts';
import type { TimelineSeries } from './timelineSeries.ts';
import styles from './Timeline.module.css';

register([LineChart, GridComponent, TooltipComponent, LabelLayout, SVGRenderer]);

/**
 * The picture of an experiment's timeline. Loaded on its own, because ECharts weighs more than the rest of the app; hidden
 * from screen readers, which get the same numbers as a table beside it.
 */
export function TimelineChart({ series }: { series: TimelineSeries }) {
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
    chart.current?.setOption(chartOption(series, readColors(), still), {
      // Merged by id: a refresh moves the lines instead of drawing them anew every ten seconds.
      replaceMerge: ['series'],
    });
  }, [series, theme]);

  return <div ref={element} className={styles.chart} aria-hidden="true" data-testid="timeline-chart" />;
}

function readColors(): ChartColors {
  const tokens = getComputedStyle(document.documentElement);
  const read = (name: string) => tokens.getPropertyValue(name).trim();
  return {
    text: read('--text'),
    muted: read('--text-muted'),
    grid: read('--chart-grid'),
    surface: read('--surface'),
    border: read('--border-strong'),
    variants: [1, 2, 3, 4, 5, 6].map((number) => read(`--variant-${number}`)),
  };
}
