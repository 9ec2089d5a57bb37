import { Button } from '../../design/Button.tsx';
import { Skeleton } from '../../design/Skeleton.tsx';
import { callToAction } from './callToAction.ts';
import styles from './PricingPage.module.css';

interface UpgradeButtonProps {
  variant: string | undefined;
  settled: boolean;
  onPress: () => void;
}

/** The Pro plan's call to action: the part of the page that the experiment changes. */
export function UpgradeButton({ variant, settled, onPress }: UpgradeButtonProps) {
  if (!settled) {
    return (
      <div role="status">
        <span className="visually-hidden">Loading the offer</span>
        <Skeleton height="2.75rem" />
      </div>
    );
  }
  const { button, benefit } = callToAction(variant);
  return (
    <>
      {benefit !== null && <p className={styles.benefit}>{benefit}</p>}
      <Button variant="primary" size="lg" block data-testid="upgrade" onClick={onPress}>
        {button}
      </Button>
    </>
  );
}
