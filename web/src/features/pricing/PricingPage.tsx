import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { Badge } from '../../design/Badge.tsx';
import { Dialog } from '../../design/Dialog.tsx';
import { Button } from '../../design/Button.tsx';
import { buttonClass } from '../../design/buttonClass.ts';
import { PageHeader } from '../../design/PageHeader.tsx';
import { Segmented } from '../../design/Segmented.tsx';
import { PlanCard } from './PlanCard.tsx';
import { PLANS, YEARLY_SAVING_PERCENT, type Billing, type Plan } from './plans.ts';
import styles from './PricingPage.module.css';
import { recordUpgradeClick } from './upgrade.ts';
import { UpgradeButton } from './UpgradeButton.tsx';
import { UpgradeDialog } from './UpgradeDialog.tsx';
import { usePricingVariant } from './usePricingVariant.ts';

const BILLING: readonly { value: Billing; label: ReactNode }[] = [
  { value: 'monthly', label: 'Monthly' },
  {
    value: 'yearly',
    label: (
      <>
        Yearly <Badge tone="positive">save {YEARLY_SAVING_PERCENT}%</Badge>
      </>
    ),
  },
];

/** The pricing page: three plans, and the experiment on how the Pro plan asks for the upgrade. */
export function PricingPage() {
  const [billing, setBilling] = useState<Billing>('monthly');
  const [dialog, setDialog] = useState<'none' | 'upgrade' | 'contact'>('none');
  const { variant, settled } = usePricingVariant();

  function startUpgrade() {
    void recordUpgradeClick(variant);
    setDialog('upgrade');
  }

  const actions: Record<Plan['id'], ReactNode> = {
    free: (
      <Link to="/experiment-demo" className={buttonClass('secondary', 'lg', true)}>
        Look around the demo
      </Link>
    ),
    pro: <UpgradeButton variant={variant} settled={settled} onPress={startUpgrade} />,
    enterprise: (
      <Button size="lg" block onClick={() => setDialog('contact')}>
        Talk to us
      </Button>
    ),
  };

  return (
    <div className={styles.page} data-variant={settled ? (variant ?? 'none') : 'loading'}>
      <PageHeader
        title="Pricing"
        lead="Start free and pay when your team decides by these numbers. This is a demo of a pricing page: nothing can be bought."
        actions={<Segmented label="Billing" value={billing} options={BILLING} onChange={setBilling} />}
      />
      <div className={styles.plans}>
        {PLANS.map((plan) => (
          <PlanCard key={plan.id} plan={plan} billing={billing} featured={plan.id === 'pro'}>
            {actions[plan.id]}
          </PlanCard>
        ))}
      </div>
      <UpgradeDialog
        open={dialog === 'upgrade'}
        billing={billing}
        variant={variant}
        onClose={() => setDialog('none')}
      />
      <Dialog open={dialog === 'contact'} title="Enterprise" onClose={() => setDialog('none')}>
        <p className={styles.contact}>
          <Badge tone="warning">Demo</Badge> On a real site a form to reach the sales team would be here.
          Nothing is sent.
        </p>
      </Dialog>
    </div>
  );
}
