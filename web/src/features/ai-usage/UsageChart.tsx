import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { init, use as register, type EChartsType } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { useEffect, useRef } from 'react';
import { useTheme } from '../../design/theme.ts';
import { usageOption } from './usageOption.ts';
import type { UsageSeries } from './usageSeries.ts';
import styles from './AiUsage.module.css';

register([BarChart, LineChart, GridComponent, TooltipComponent, SVGRenderer]);

/**
 * The picture of usage over time. Loaded on its own, because ECharts weighs more than the rest of the app; hidden from
 * screen readers, which get the same numbers as a table beside it.
 */
export function UsageChart({ series }: { series: UsageSeries }) {
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
    const color = (name: string) => tokens.getPropertyValue(name).trim();
    chart.current?.setOption(usageOption(series, color, still), { replaceMerge: ['series'] });
  }, [series, theme]);

  return <div ref={element} className={styles.chart} aria-hidden="true" data-testid="usage-chart" />;
}
