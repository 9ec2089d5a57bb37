import { Badge } from '../../design/Badge.tsx';
import type { DecisionLook } from './decisions.ts';

/** A decision as icon and words; the colour only repeats them. */
export function DecisionBadge({ look }: { look: DecisionLook }) {
  return (
    <Badge tone={look.tone} icon={look.icon}>
      {look.label}
    </Badge>
  );
}
