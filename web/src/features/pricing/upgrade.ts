import { newEventId } from '../../api/eventId.ts';
import { EXPERIMENT, sendEvent } from '../../api/experiments.ts';
import { OnceGuard } from './OnceGuard.ts';

function browserStorage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** Keeps `subscription_upgrade` to one record per browser. */
export const upgradeGuard = new OnceGuard('dashly.subscription-upgrade', browserStorage());

/** Records that the visitor pressed the call to action. Never throws: a lost click is no reason to stop the visitor. */
export async function recordUpgradeClick(variant: string | undefined): Promise<void> {
  try {
    await sendEvent({
      event: 'upgrade_click',
      testId: EXPERIMENT.pricing,
      ...(variant === undefined ? {} : { variant }),
      event_id: newEventId(),
    });
  } catch {
    // Only the upgrade itself decides the experiment; this step is an extra.
  }
}

/** Records the completed upgrade, once. Rejects when the server did not take it; calling again is safe. */
export function recordUpgrade(variant: string | undefined): Promise<void> {
  return upgradeGuard.run((eventId) =>
    sendEvent({
      event: 'subscription_upgrade',
      testId: EXPERIMENT.pricing,
      ...(variant === undefined ? {} : { variant }),
      event_id: eventId,
    }),
  );
}
