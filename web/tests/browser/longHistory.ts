import type { Page } from 'playwright-core';
import type { ExperimentHistory } from '../../src/api/types.ts';

const DAYS = 12;

/**
 * Gives the page a history of several days. A server that was started for the tests has none: its visitors all came
 * within a minute, and what was stored keeps its time.
 */
export async function giveLongHistory(page: Page): Promise<void> {
  await page.route('**/api/experiments/*/timeseries', async (route) => {
    const response = await route.fetch();
    const history = (await response.json()) as ExperimentHistory;
    const [now] = history.points;
    if (!now) {
      await route.fulfill({ response });
      return;
    }
    const start = Date.parse(now.at) - DAYS * 86_400_000;
    history.grain = 'day';
    history.points = Array.from({ length: DAYS }, (_, day) => ({
      ...now,
      at: new Date(start + day * 86_400_000).toISOString(),
      comparisons: {
        B: {
          lift: 0.2 - day / 100,
          lift_interval: { low: -1 / (day + 1), high: day === 0 ? null : 2 / day },
          adjusted_p_value: 1 / (day + 1),
        },
      },
    }));
    await route.fulfill({ response, json: history });
  });
}
