import type { Comparison, ExperimentResult } from '../../api/types.ts';
import { listArms, type Arm } from './arms.ts';

/** A variant that is compared with the control. */
export interface Treatment {
  arm: Arm;
  comparison: Comparison;
}

/** Every compared variant in the order of the table. The control, and a variant without a comparison, are absent. */
export function listTreatments(experiment: ExperimentResult): Treatment[] {
  return listArms(experiment).flatMap((arm) => {
    const comparison = arm.control ? undefined : experiment.comparisons[arm.letter];
    return comparison ? [{ arm, comparison }] : [];
  });
}

/** Visitors that the comparisons are made of, all variants together. */
export function comparedVisitors(experiment: ExperimentResult): number {
  return Object.values(experiment.compared).reduce((sum, counts) => sum + counts.exposures, 0);
}

/** Visitors seen, all variants together: with a conversion window more than are compared. */
export function seenVisitors(experiment: ExperimentResult): number {
  return Object.values(experiment.results).reduce((sum, counts) => sum + counts.exposures, 0);
}
