import type { Billing } from './plans.ts';
import styles from './UpgradeDialog.module.css';

/** What would be bought: plan, billing and the price of today. */
export function UpgradeSummary({ billing }: { billing: Billing }) {
  const yearly = billing === 'yearly';
  return (
    <dl className={styles.summary}>
      <div>
        <dt>Plan</dt>
        <dd>Pro, billed {yearly ? 'annually' : 'monthly'}</dd>
      </div>
      <div>
        <dt>After the 14-day trial</dt>
        <dd>{yearly ? '$468 a year ($39 a month)' : '$49 a month'}</dd>
      </div>
      <div className={styles.total}>
        <dt>Due today</dt>
        <dd>$0</dd>
      </div>
    </dl>
  );
}
