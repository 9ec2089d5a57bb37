import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError } from '../../api/ApiError.ts';
import { Badge } from '../../design/Badge.tsx';
import { Button } from '../../design/Button.tsx';
import { Dialog } from '../../design/Dialog.tsx';
import { Notice } from '../../design/Notice.tsx';
import type { Billing } from './plans.ts';
import { recordUpgrade, upgradeGuard } from './upgrade.ts';
import { UpgradeSummary } from './UpgradeSummary.tsx';
import styles from './UpgradeDialog.module.css';

interface UpgradeDialogProps {
  open: boolean;
  billing: Billing;
  variant: string | undefined;
  onClose: () => void;
}

/**
 * The demo checkout: takes no payment, and records the upgrade once. When recording fails the visitor is told so and may
 * try again under the same event id; nothing else on the page is held up.
 */
export function UpgradeDialog({ open, billing, variant, onClose }: UpgradeDialogProps) {
  const [recordedBefore] = useState(() => upgradeGuard.state() === 'recorded');
  const upgrade = useMutation({ mutationFn: () => recordUpgrade(variant) });
  const done = recordedBefore || upgrade.isSuccess;

  return (
    <Dialog open={open} title={done ? 'You are on Pro' : 'Upgrade to Pro'} onClose={onClose}>
      <div className={styles.content}>
        <p className={styles.demo}>
          <Badge tone="warning">Demo</Badge> No payment is taken and no plan really changes.
        </p>
        {done ? (
          <>
            <Notice tone="positive" urgent title="Demo upgrade recorded">
              <p>
                {recordedBefore
                  ? 'It was recorded earlier in this browser, once. There is nothing left to do.'
                  : 'It counts once for this visitor, however often you reload or click.'}
              </p>
            </Notice>
            <Button block onClick={onClose}>
              Back to the plans
            </Button>
          </>
        ) : (
          <>
            <UpgradeSummary billing={billing} />
            {upgrade.isError && (
              <Notice tone="danger" urgent title="The upgrade could not be recorded">
                <p>
                  {upgrade.error instanceof ApiError
                    ? upgrade.error.detail
                    : 'Something went wrong on this page.'}{' '}
                  Trying again is safe: it counts once.
                </p>
              </Notice>
            )}
            <Button
              variant="primary"
              size="lg"
              block
              busy={upgrade.isPending}
              onClick={() => upgrade.mutate()}
            >
              {upgrade.isError ? 'Try again' : 'Complete demo upgrade'}
            </Button>
          </>
        )}
      </div>
    </Dialog>
  );
}
