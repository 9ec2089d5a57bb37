import { LineChart } from 'echarts/charts';
import { GridComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import { use as register } from 'echarts/core';
import { useCallback } from 'react';
import { Chart, type ReadColor } from '../../design/Chart.tsx';
import { historyOption, type ChartColors } from './historyOption.ts';
import type { HistorySeries } from './historySeries.ts';

register([LineChart, GridComponent, MarkLineComponent, TooltipComponent]);

/** The picture of a history. */
export function HistoryChart({ series }: { series: HistorySeries }) {
  const option = useCallback(
    (color: ReadColor, still: boolean) => historyOption(series, chartColors(color), still),
    [series],
  );
  return <Chart option={option} testId="history-chart" />;
}

function chartColors(color: ReadColor): ChartColors {
  return {
    text: color('--text'),
    muted: color('--text-muted'),
    grid: color('--chart-grid'),
    surface: color('--surface'),
    border: color('--border-strong'),
    zero: color('--border-control'),
    variants: [1, 2, 3, 4, 5, 6].map((number) => color(`--variant-${number}`)),
  };
}
