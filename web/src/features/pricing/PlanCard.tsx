import type { ReactNode } from 'react';
import { Badge } from '../../design/Badge.tsx';
import { Icon } from '../../design/Icon.tsx';
import { classNames } from '../../design/classNames.ts';
import type { Billing, Plan } from './plans.ts';
import styles from './PlanCard.module.css';

interface PlanCardProps {
  plan: Plan;
  billing: Billing;
  featured?: boolean;
  /** The plan's call to action. */
  children: ReactNode;
}

/** One plan with its price, its call to action and what is in it. */
export function PlanCard({ plan, billing, featured = false, children }: PlanCardProps) {
  const price = plan.price[billing];
  return (
    <section
      className={classNames(styles.card, featured && styles.featured)}
      aria-labelledby={`plan-${plan.id}`}
    >
      <div className={styles.heading}>
        <h2 id={`plan-${plan.id}`} className={styles.name}>
          {plan.name}
        </h2>
        {featured && <Badge tone="accent">For most teams</Badge>}
      </div>
      <p className={styles.audience}>{plan.audience}</p>
      <p className={styles.price}>
        <span className={styles.amount}>{price === null ? 'Custom' : `$${price}`}</span>
        {price !== null && <span className={styles.unit}>per month</span>}
      </p>
      <p className={styles.billing}>{billingLine(plan, billing)}</p>
      <div className={styles.action}>{children}</div>
      <ul className={styles.features}>
        {plan.features.map((feature) => (
          <li key={feature}>
            <Icon name="check" size={15} className={styles.check} />
            {feature}
          </li>
        ))}
      </ul>
    </section>
  );
}

function billingLine(plan: Plan, billing: Billing): string {
  const price = plan.price[billing];
  if (price === null) {
    return 'Billed as agreed';
  }
  if (price === 0) {
    return 'No card needed';
  }
  return billing === 'yearly' ? `Billed annually, $${price * 12} a year` : 'Billed monthly';
}
