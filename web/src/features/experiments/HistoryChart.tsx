import { LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type EChartsType } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { useTheme } from '../../design/theme.ts';
import { historyOption, type ChartColors } from './historyOption.ts';
import type { HistorySeries } from './historySeries.ts';
import styles from './History.module.css';

register([LineChart, GridComponent, MarkLineComponent, TooltipComponent, SVGRenderer]);

/**
 * The picture of a history. Loaded on its own, because ECharts weighs more than the rest of the app; hidden from screen
 * readers, which get the same numbers as a table beside it.
 */
export function HistoryChart({ series }: { series: HistorySeries }) {
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
    chart.current?.setOption(historyOption(series, readColors(), still), {
      // Merged by id: a refresh moves the lines instead of drawing them anew every time.
      replaceMerge: ['series'],
    });
  }, [series, theme]);

  return <div ref={element} className={styles.chart} aria-hidden="true" data-testid="history-chart" />;
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
    zero: read('--border-control'),
    variants: [1, 2, 3, 4, 5, 6].map((number) => read(`--variant-${number}`)),
  };
}
