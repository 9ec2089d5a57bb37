import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { GridComponentOption, TooltipComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import type { ReadColor } from '../../design/Chart.tsx';
import { formatPart, type UsagePart, type UsageSeries } from './usageSeries.ts';

/** The option type of the parts of ECharts that are loaded. */
export type UsageOption = ComposeOption<
  BarSeriesOption | LineSeriesOption | GridComponentOption | TooltipComponentOption
>;

/** Bars on each other for what adds up, lines for durations, which do not. `color` reads a token of the design. */
export function usageOption(series: UsageSeries, color: ReadColor, still: boolean): UsageOption {
  const muted = color('--text-muted');
  return {
    animation: !still,
    animationDuration: 300,
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif', color: muted },
    grid: { left: 4, right: 16, top: 14, bottom: 2, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: color('--surface'),
      borderColor: color('--border-strong'),
      padding: [10, 12],
      textStyle: { color: color('--text'), fontSize: 12 },
      axisPointer: { type: 'shadow', shadowStyle: { color: color('--chart-grid'), opacity: 0.5 } },
      formatter: (items) => tooltip(series, Array.isArray(items) ? items : [items]),
    },
    xAxis: {
      type: 'category',
      data: series.steps.map((step) => step.label),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: color('--border-strong') } },
      axisLabel: { color: muted, fontSize: 11, hideOverlap: true, margin: 10 },
    },
    yAxis: {
      type: 'value',
      min: 0,
      ...(series.view === 'calls' || series.view === 'tokens' ? { minInterval: 1 } : {}),
      axisLabel: {
        color: muted,
        fontSize: 11,
        formatter: (value: number) => formatPart(series.view, value),
      },
      splitLine: { lineStyle: { color: color('--chart-grid') } },
    },
    series: series.parts.map((part) => (series.stacked ? bars : line)(part, series, color(part.color))),
  };
}

function bars(part: UsagePart, series: UsageSeries, color: string): BarSeriesOption {
  return {
    id: part.label,
    name: part.label,
    type: 'bar',
    stack: 'all',
    barMaxWidth: 28,
    barCategoryGap: '25%',
    itemStyle: { color },
    emphasis: { disabled: true },
    data: series.steps.map((step) => part.of(step.totals)),
  };
}

function line(part: UsagePart, series: UsageSeries, color: string): LineSeriesOption {
  return {
    id: part.label,
    name: part.label,
    type: 'line',
    connectNulls: false,
    showAllSymbol: true,
    symbolSize: 6,
    lineStyle: { color, width: 2 },
    itemStyle: { color },
    emphasis: { disabled: true },
    data: series.steps.map((step) => part.of(step.totals)),
  };
}

function tooltip(series: UsageSeries, items: readonly { dataIndex?: number }[]): HTMLElement {
  const step = series.steps[items[0]?.dataIndex ?? 0];
  const box = document.createElement('div');
  const heading = box.appendChild(document.createElement('strong'));
  heading.textContent = `${step?.label ?? ''} UTC`;
  for (const part of series.parts) {
    const row = box.appendChild(document.createElement('div'));
    row.textContent = `${part.label}: ${formatPart(series.view, step ? part.of(step.totals) : null)}`;
  }
  return box;
}
