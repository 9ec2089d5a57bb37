import type { ExperimentResult, PlanRequest } from '../../api/types.ts';

/** What the person set in the calculator. */
export interface PlanInput {
  /** Relative lift to be found, in percent. */
  liftPercent: number;
  /** Rate of the control in percent, as typed. */
  basePercent: string;
  power: string;
}

/** What the calculator starts with: the control's observed rate, and what most people plan for. */
export function startingPlan(experiment: ExperimentResult): PlanInput {
  const control = experiment.compared[experiment.control];
  const rate = control && control.exposures > 0 ? control.converters / control.exposures : 0;
  return { liftPercent: 10, basePercent: rate > 0 ? String(Math.round(rate * 1000) / 10) : '', power: '0.8' };
}

/** The question to the server, or what has to be changed before it can be asked. */
export type PlanQuestion = { request: PlanRequest; fault?: never } | { request?: never; fault: string };

/** Checks what was typed. The server checks again; its words are for programs. */
export function planQuestion({ liftPercent, basePercent, power }: PlanInput): PlanQuestion {
  const text = basePercent.trim().replace(/%$/, '').replace(',', '.');
  const base = text === '' ? Number.NaN : Number(text) / 100;
  if (!Number.isFinite(base) || base <= 0 || base >= 1) {
    return { fault: 'Enter the control’s rate: above 0 and below 100 percent.' };
  }
  const lift = liftPercent / 100;
  if (base * (1 + lift) >= 1) {
    return { fault: 'With this rate and lift more than every visitor would convert. Choose less of either.' };
  }
  return { request: { relative_lift: lift, base_rate: base, power: Number(power) } };
}
