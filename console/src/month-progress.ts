import type { CallAnswer } from '../../api/client/call.ts';
import type { Contract } from '../../api/contract.ts';
import type { ChargeState } from '../../billing/charge.ts';
import type { CycleStage, RowsAndYen } from '../../billing/cycle.ts';

/** How far a month is, and what a person does next; pure, from what the API says. */

export type CycleDetail = CallAnswer<Contract['readCycle']>;
export type Exchange = CallAnswer<Contract['listExchanges']>['exchanges'][number];
export type OpenReason = NonNullable<CallAnswer<Contract['listOpenRows']>['reasons']>[number];
export type DeadlineDay = CallAnswer<Contract['listDeadlines']>['days'][number];

/** The steps of a month as an operator counts them. */
export const MONTH_STEPS = [
  'orders',
  'approval',
  'authorization',
  'capture',
  'ng',
  'close',
] as const;
export type MonthStep = (typeof MONTH_STEPS)[number];

const stepOfStage: Readonly<Record<CycleStage, MonthStep>> = {
  collecting: 'orders',
  previewing: 'approval',
  awaiting_approval: 'approval',
  handing_over: 'authorization',
  awaiting_result: 'authorization',
  reconciling: 'authorization',
  capturing: 'capture',
  working_ng: 'ng',
  closing: 'close',
  closed: 'close',
  stopped: 'close',
};

export interface StepProgress {
  readonly step: MonthStep;
  readonly at: 'done' | 'here' | 'ahead';
  readonly of: RowsAndYen | null;
}

export function sumStates(
  charges: CycleDetail['charges'],
  states: readonly ChargeState[],
): RowsAndYen {
  const found = states.map((state) => charges[state] ?? { rows: 0, yen: 0 });
  return {
    rows: found.reduce((sum, { rows }) => sum + rows, 0),
    yen: found.reduce((sum, { yen }) => sum + yen, 0),
  };
}

export function progressOf(cycle: CycleDetail): StepProgress[] {
  const here = MONTH_STEPS.indexOf(stepOfStage[cycle.stage]);
  const { selection, charges } = cycle;
  const counts: Readonly<Record<MonthStep, RowsAndYen | null>> = {
    orders: selection && { rows: selection.selected, yen: selection.amountYen },
    approval: cycle.approval && { rows: cycle.approval.rows, yen: cycle.approval.yen },
    authorization: sumStates(charges, ['sent', 'authorized', 'capture_sent', 'captured']),
    capture: sumStates(charges, ['captured']),
    ng: sumStates(charges, ['declined']),
    close: null,
  };
  return MONTH_STEPS.map((step, index) => ({
    step,
    at: cycle.stage === 'closed' || index < here ? 'done' : index === here ? 'here' : 'ahead',
    of: counts[step],
  }));
}

/** The one act that moves a month on; where to do it, below the merchant's page. */
export interface NextStep {
  readonly act:
    | 'resume'
    | 'upload_orders'
    | 'approve'
    | 'choose_orders'
    | 'hand_over'
    | 'clarify'
    | 'bring_result'
    | 'reconcile'
    | 'rebuild'
    | 'capture'
    | 'work_ng'
    | 'look'
    | 'report';
  readonly steps: readonly (string | number)[];
}

export function nextStepOf(cycle: CycleDetail, exchanges: readonly Exchange[]): NextStep {
  const page = ['cycles', cycle.month] as const;
  const fileIn = (...stages: readonly string[]) =>
    exchanges.find(({ stage, transport }) => stages.includes(stage) && transport === 'portal');
  const toFile = ({ month, kind, number }: Exchange) => ['exchanges', month, kind, number] as const;
  if (cycle.trouble !== null) return { act: 'resume', steps: page };
  if (cycle.stage === 'closed') return { act: 'report', steps: [...page, 'report'] };
  if (cycle.stage === 'collecting' && cycle.attention) return { act: 'upload_orders', steps: page };
  if (cycle.approval !== null) {
    return { act: 'approve', steps: [...page, 'previews', cycle.approval.preview] };
  }
  const unclear = fileIn('unknown');
  if (unclear !== undefined) return { act: 'clarify', steps: toFile(unclear) };
  const toUpload = fileIn('handing_over');
  if (toUpload !== undefined) return { act: 'hand_over', steps: toFile(toUpload) };
  const unsettled = (cycle.charges.quarantined?.rows ?? 0) + (cycle.charges.unknown?.rows ?? 0);
  if (cycle.exchanges.unsettled > 0 || unsettled > 0) {
    return { act: 'reconcile', steps: [`reconciliation-desk?month=${cycle.month}`] };
  }
  const toFetch = fileIn('awaiting_result');
  if (toFetch !== undefined) return { act: 'bring_result', steps: toFile(toFetch) };
  if (cycle.scope === 'chosen' && cycle.unbilled > 0) return { act: 'choose_orders', steps: page };
  if ((cycle.charges.planned?.rows ?? 0) > cycle.held) return { act: 'rebuild', steps: page };
  if (cycle.capture.policy === 'manual' && (cycle.charges.authorized?.rows ?? 0) > 0) {
    return { act: 'capture', steps: [...page, 'charges?state=authorized'] };
  }
  if (cycle.stage === 'working_ng' && (cycle.charges.declined?.rows ?? 0) > 0) {
    return { act: 'work_ng', steps: [`ng-cases?month=${cycle.month}`] };
  }
  return { act: 'look', steps: page };
}
