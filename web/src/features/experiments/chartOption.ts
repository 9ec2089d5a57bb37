import type { LineSeriesOption } from 'echarts/charts';
import type { GridComponentOption, TooltipComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import { formatBucket } from '../../design/dates.ts';
import { formatCount, formatRate } from '../../design/numbers.ts';
import { variantColorNumber } from '../../design/variantColor.ts';
import type { Series, TimelineSeries } from './timelineSeries.ts';

/** The option type of the parts of ECharts that are loaded. */
export type ChartOption = ComposeOption<LineSeriesOption | GridComponentOption | TooltipComponentOption>;

/** Real colours for the chart: ECharts cannot read custom properties. */
export interface ChartColors {
  text: string;
  muted: string;
  grid: string;
  surface: string;
  border: string;
  /** By colour number, 1 first. */
  variants: readonly string[];
}

const SHAPES = ['circle', 'diamond', 'triangle', 'rect', 'pin', 'roundRect'];

/** The chart of an experiment: cumulative unique rate per variant, on a scale that starts at 0. */
export function chartOption(series: TimelineSeries, colors: ChartColors, still: boolean): ChartOption {
  const single = series.buckets.length === 1;
  return {
    animation: !still,
    animationDuration: 300,
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif', color: colors.muted },
    grid: { left: 4, right: 16, top: 14, bottom: 2, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: colors.surface,
      borderColor: colors.border,
      padding: [10, 12],
      textStyle: { color: colors.text, fontSize: 12 },
      axisPointer: { lineStyle: { color: colors.border, type: 'solid' } },
      formatter: (items) => tooltip(series, Array.isArray(items) ? items : [items]),
    },
    xAxis: {
      type: 'category',
      data: series.buckets.map((at) => formatBucket(at, series.grain)),
      boundaryGap: single,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colors.border } },
      axisLabel: { color: colors.muted, fontSize: 11, hideOverlap: true, margin: 10 },
    },
    yAxis: {
      type: 'value',
      min: 0,
      splitNumber: 4,
      axisLabel: {
        color: colors.muted,
        fontSize: 11,
        formatter: (value: number) => formatRate(value, decimals(series)),
      },
      splitLine: { lineStyle: { color: colors.grid } },
    },
    series: series.lines.map((line) => lineSeries(line, series.buckets.length, colors)),
  };
}

function lineSeries(line: Series, buckets: number, colors: ChartColors): LineSeriesOption {
  const color = colors.variants[variantColorNumber(line.place) - 1] ?? colors.text;
  const single = buckets === 1;
  const last = line.points.findLastIndex((point) => point.rate !== null);
  return {
    id: line.letter,
    name: `${line.letter} ${line.label}`,
    type: 'line',
    data: line.points.map((point, index) => ({
      value: point.rate,
      symbolSize: single ? 13 : index === last ? 11 : 5,
      itemStyle: { borderWidth: single || index === last ? 2 : 0 },
      label: { show: single, position: 'right', distance: 8, formatter: () => formatRate(point.rate, 1) },
    })),
    symbol: SHAPES[line.place % SHAPES.length] ?? 'circle',
    // Past this many points the marks would hide the line.
    showAllSymbol: buckets <= 40,
    showSymbol: buckets <= 40,
    connectNulls: false,
    lineStyle: { color, width: 2 },
    itemStyle: { color, borderColor: colors.surface, borderWidth: 0 },
    label: { color: colors.text, fontWeight: 600, fontSize: 12 },
    labelLayout: { moveOverlap: 'shiftY' },
    emphasis: { disabled: true },
  };
}

/** One decimal on the axis when the rates are so small that whole percents would repeat. */
function decimals(series: TimelineSeries): number {
  const highest = Math.max(0, ...series.lines.flatMap((line) => line.points.map((point) => point.rate ?? 0)));
  return highest < 0.05 ? 1 : 0;
}

function tooltip(series: TimelineSeries, items: readonly { dataIndex?: number }[]): HTMLElement {
  const index = items[0]?.dataIndex ?? 0;
  const box = document.createElement('div');
  const heading = box.appendChild(document.createElement('strong'));
  heading.textContent = `${formatBucket(series.buckets[index] ?? '', series.grain)} UTC`;
  for (const line of series.lines) {
    const point = line.points[index];
    const row = box.appendChild(document.createElement('div'));
    row.textContent = `${line.letter} ${line.label}: ${formatRate(point?.rate)} (${formatCount(point?.counts?.converters)} of ${formatCount(point?.counts?.exposures)})`;
  }
  return box;
}
