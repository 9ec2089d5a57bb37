import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { use as register } from 'echarts/core';
import { useCallback } from 'react';
import { Chart, type ReadColor } from '../../design/Chart.tsx';
import { usageOption } from './usageOption.ts';
import type { UsageSeries } from './usageSeries.ts';

register([BarChart, LineChart, GridComponent, TooltipComponent]);

/** The picture of usage over time. */
export function UsageChart({ series }: { series: UsageSeries }) {
  const option = useCallback(
    (color: ReadColor, still: boolean) => usageOption(series, color, still),
    [series],
  );
  return <Chart option={option} testId="usage-chart" />;
}
