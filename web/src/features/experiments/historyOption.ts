import type { LineSeriesOption } from 'echarts/charts';
import type {
  GridComponentOption,
  MarkLineComponentOption,
  TooltipComponentOption,
} from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import { formatBucket } from '../../design/dates.ts';
import { formatRate, formatSignedRate } from '../../design/numbers.ts';
import { variantColorNumber } from '../../design/variantColor.ts';
import { historyScale, type HistoryScale } from './historyScale.ts';
import type { HistoryLine, HistorySeries } from './historySeries.ts';
import { spotWords } from './spotWords.ts';

/** The option type of the parts of ECharts that are loaded. */
export type ChartOption = ComposeOption<
  LineSeriesOption | GridComponentOption | TooltipComponentOption | MarkLineComponentOption
>;

/** Real colours for the chart: ECharts cannot read custom properties. */
export interface ChartColors {
  text: string;
  muted: string;
  grid: string;
  surface: string;
  border: string;
  zero: string;
  /** By colour number, 1 first. */
  variants: readonly string[];
}

const SHAPES = ['circle', 'diamond', 'triangle', 'rect', 'pin', 'roundRect'];

/** Past this many steps the marks would hide the line. */
const MOST_MARKS = 40;

/** The chart of a history: a line per variant on the band in which the true value can be. */
export function historyOption(series: HistorySeries, colors: ChartColors, still: boolean): ChartOption {
  const scale = historyScale(series);
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
      data: series.steps.map((at) => formatBucket(at, series.grain)),
      boundaryGap: false,
      axisTick: { show: false },
      axisLine: { onZero: false, lineStyle: { color: colors.border } },
      axisLabel: {
        color: colors.muted,
        fontSize: 11,
        hideOverlap: true,
        margin: 10,
        alignMinLabel: 'left',
        alignMaxLabel: 'right',
      },
    },
    yAxis: {
      type: 'value',
      min: scale.low,
      max: scale.high,
      interval: scale.step,
      axisLabel: {
        color: colors.muted,
        fontSize: 11,
        formatter: (value: number) => axisText(series, scale, value),
      },
      splitLine: { lineStyle: { color: colors.grid } },
    },
    series: series.lines.flatMap((line, index) => [
      ...bandSeries(line, scale, colors),
      lineSeries(line, series, colors, index === 0),
    ]),
  };
}

function axisText({ view }: HistorySeries, { step }: HistoryScale, value: number): string {
  const decimals = Math.round(step * 100) === step * 100 || step >= 0.01 ? 0 : 1;
  return view === 'lift' && Math.abs(value) > 1e-9
    ? formatSignedRate(value, decimals)
    : formatRate(value, decimals);
}

/** Two stacked areas, the lower one unseen: ECharts has no band of its own. A missing end reaches the axis' end. */
function bandSeries(line: HistoryLine, scale: HistoryScale, colors: ChartColors): LineSeriesOption[] {
  const color = colorOf(line, colors);
  const low = line.spots.map((spot) => (spot.bounded ? Math.max(spot.low ?? scale.low, scale.low) : null));
  const height = line.spots.map((spot, index) =>
    spot.bounded ? Math.min(spot.high ?? scale.high, scale.high) - (low[index] ?? 0) : null,
  );
  const shared = {
    type: 'line' as const,
    stack: `band-${line.letter}`,
    stackStrategy: 'all' as const,
    symbol: 'none',
    silent: true,
    z: 1,
    lineStyle: { opacity: 0 },
    emphasis: { disabled: true },
    tooltip: { show: false },
  };
  return [
    { ...shared, id: `low-${line.letter}`, data: low },
    { ...shared, id: `band-${line.letter}`, data: height, areaStyle: { color, opacity: 0.16 } },
  ];
}

function lineSeries(
  line: HistoryLine,
  { steps, view }: HistorySeries,
  colors: ChartColors,
  first: boolean,
): LineSeriesOption {
  const color = colorOf(line, colors);
  const last = line.spots.findLastIndex((spot) => spot.value !== null);
  const marked = steps.length <= MOST_MARKS;
  return {
    id: line.letter,
    name: `${line.letter} ${line.label}`,
    type: 'line',
    z: 3,
    data: line.spots.map((spot, index) => ({
      value: spot.value,
      symbolSize: index === last ? 11 : 5,
      itemStyle: { borderWidth: index === last ? 2 : 0 },
    })),
    symbol: SHAPES[line.place % SHAPES.length] ?? 'circle',
    showAllSymbol: marked,
    showSymbol: marked,
    connectNulls: false,
    lineStyle: { color, width: 2 },
    itemStyle: { color, borderColor: colors.surface, borderWidth: 0 },
    emphasis: { disabled: true },
    ...(view === 'lift' && first
      ? {
          markLine: {
            silent: true,
            symbol: 'none',
            label: { show: false },
            lineStyle: { color: colors.zero, type: 'solid', width: 1.5 },
            data: [{ yAxis: 0 }],
          },
        }
      : {}),
  };
}

function colorOf(line: HistoryLine, colors: ChartColors): string {
  return colors.variants[variantColorNumber(line.place) - 1] ?? colors.text;
}

function tooltip(series: HistorySeries, items: readonly { dataIndex?: number }[]): HTMLElement {
  const index = items[0]?.dataIndex ?? 0;
  const box = document.createElement('div');
  const heading = box.appendChild(document.createElement('strong'));
  heading.textContent = `${formatBucket(series.steps[index] ?? '', series.grain)} UTC`;
  for (const line of series.lines) {
    const row = box.appendChild(document.createElement('div'));
    const { value, interval } = spotWords(line.spots[index], series.view);
    row.textContent = `${line.letter} ${line.label}: ${value} (${interval})`;
  }
  return box;
}
