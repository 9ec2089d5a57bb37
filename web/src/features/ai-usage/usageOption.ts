import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { GridComponentOption, TooltipComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import type { ReadColor } from '../../design/Chart.tsx';
import { formatPart, type UsagePart, type UsageSeries, type UsageView } from './usageSeries.ts';

/** The option type of the parts of ECharts that are loaded. */
export type UsageOption = ComposeOption<
  BarSeriesOption | LineSeriesOption | GridComponentOption | TooltipComponentOption
>;

const WHOLE_NUMBERS: ReadonlySet<UsageView> = new Set(['calls', 'tokens', 'errors']);
const SHAPES = ['circle', 'diamond', 'triangle', 'rect', 'pin', 'roundRect'];

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
      extraCssText: 'max-width: min(24rem, 80vw); white-space: normal; overflow-wrap: anywhere;',
      formatter: (items) => tooltip(series, color, Array.isArray(items) ? items : [items]),
    },
    xAxis: {
      type: 'category',
      data: [...series.steps],
      axisTick: { show: false },
      axisLine: { lineStyle: { color: color('--border-strong') } },
      axisLabel: { color: muted, fontSize: 11, hideOverlap: true, margin: 10 },
    },
    yAxis: {
      type: 'value',
      min: 0,
      ...(WHOLE_NUMBERS.has(series.view) ? { minInterval: 1 } : {}),
      axisLabel: {
        color: muted,
        fontSize: 11,
        formatter: (value: number) => formatPart(series.view, value),
      },
      splitLine: { lineStyle: { color: color('--chart-grid') } },
    },
    series: series.parts.map((part, place) =>
      series.stacked ? bars(part, color(part.color)) : line(part, color(part.color), place),
    ),
  };
}

function bars(part: UsagePart, color: string): BarSeriesOption {
  return {
    id: part.id,
    name: part.label,
    type: 'bar',
    stack: 'all',
    barMaxWidth: 28,
    barCategoryGap: '25%',
    itemStyle: { color },
    emphasis: { disabled: true },
    data: [...part.values],
  };
}

/** Lines are told apart by the shape of their points too. */
function line(part: UsagePart, color: string, place: number): LineSeriesOption {
  return {
    id: part.id,
    name: part.label,
    type: 'line',
    connectNulls: false,
    symbol: SHAPES[place % SHAPES.length] ?? 'circle',
    showAllSymbol: true,
    symbolSize: 6,
    lineStyle: { color, width: 2 },
    itemStyle: { color },
    emphasis: { disabled: true },
    data: [...part.values],
  };
}

function tooltip(
  series: UsageSeries,
  color: ReadColor,
  items: readonly { dataIndex?: number }[],
): HTMLElement {
  const step = items[0]?.dataIndex ?? 0;
  const box = document.createElement('div');
  const heading = box.appendChild(document.createElement('strong'));
  heading.textContent = `${series.steps[step] ?? ''} UTC`;
  for (const part of series.parts) {
    const row = box.appendChild(document.createElement('div'));
    const mark = row.appendChild(document.createElement('span'));
    mark.textContent = '■ ';
    mark.style.color = color(part.color);
    row.append(`${part.label}: ${formatPart(series.view, part.values[step] ?? null)}`);
  }
  return box;
}
