import { GuidedOnboarding } from './GuidedOnboarding.tsx';
import { MinimalOnboarding } from './MinimalOnboarding.tsx';

interface OnboardingProps {
  variant: string;
  onTip: () => void;
}

/** The onboarding under experiment: B guides in three steps, anything else greets and gets out of the way. */
export function Onboarding({ variant, onTip }: OnboardingProps) {
  return variant === 'B' ? <GuidedOnboarding onTip={onTip} /> : <MinimalOnboarding onTip={onTip} />;
}
