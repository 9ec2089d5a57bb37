/** One demo figure of the scorecards. All of it is made up and labelled so on the page. */
export interface DemoKpi {
  id: string;
  label: string;
  value: string;
  /** Change against the week before. */
  change: string;
  detail: string;
  /** Seven daily values for the small line of the large cards. */
  week: readonly number[];
}

/** The four figures both layouts show: the experiment changes the layout, never the numbers. */
export const DEMO_KPIS: readonly DemoKpi[] = [
  {
    id: 'spend',
    label: 'Ad spend',
    value: '$12,480',
    change: '+4.1%',
    detail: 'Across three platforms, last 7 days',
    week: [1620, 1710, 1690, 1840, 1880, 1790, 1950],
  },
  {
    id: 'clicks',
    label: 'Clicks',
    value: '38,214',
    change: '+7.6%',
    detail: '1.9% of impressions',
    week: [4980, 5120, 5340, 5260, 5610, 5820, 6084],
  },
  {
    id: 'conversions',
    label: 'Conversions',
    value: '1,142',
    change: '+2.3%',
    detail: '3.0% of clicks',
    week: [158, 151, 166, 160, 171, 163, 173],
  },
  {
    id: 'return',
    label: 'Return on ad spend',
    value: '3.8×',
    change: '−0.2×',
    detail: 'Revenue ÷ spend, as a ratio of sums',
    week: [4.1, 4.0, 4.0, 3.9, 3.8, 3.7, 3.8],
  },
];
