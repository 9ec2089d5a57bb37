/** How a plan is paid. */
export type Billing = 'monthly' | 'yearly';

/** A plan on the pricing page. Dollars per month; null is "on request". */
export interface Plan {
  id: 'free' | 'pro' | 'enterprise';
  name: string;
  audience: string;
  price: Record<Billing, number | null>;
  features: readonly string[];
}

/** Whole percent saved on the Pro plan by paying yearly ($39 instead of $49 a month). */
export const YEARLY_SAVING_PERCENT = 20;

/** The plans in the order of the page. */
export const PLANS: readonly Plan[] = [
  {
    id: 'free',
    name: 'Free',
    audience: 'For looking around with your own numbers',
    price: { monthly: 0, yearly: 0 },
    features: ['1 workspace', '1 ad account', '3 platforms', '50 AI prompts a month', '7 days of history'],
  },
  {
    id: 'pro',
    name: 'Pro',
    audience: 'For teams that decide by these numbers',
    price: { monthly: 49, yearly: 39 },
    features: [
      '5 workspaces',
      '10 ad accounts',
      'All platforms',
      '1,000 AI prompts a month',
      '90 days of history',
      '5 team members',
    ],
  },
  {
    id: 'enterprise',
    name: 'Enterprise',
    audience: 'For agencies and larger organisations',
    price: { monthly: null, yearly: null },
    features: [
      'Workspaces and accounts without limit',
      'History for as long as you keep it',
      'Help with setup and migration',
    ],
  },
];
