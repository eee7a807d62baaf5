import { countDoubles, type Disturbance, type MonthResult } from './disturbed-month.ts';

/** What a campaign has counted, for whoever reads its last lines. */
export interface Tally {
  count(result: MonthResult, disturbances: readonly Disturbance[]): void;
  toString(): string;
}

/** Counts by the PSP's own ledger what happened twice, and by the months what is missing. */
export function startTally(): Tally {
  const counts = { months: 0, faults: 0, orders: 0, doubles: 0, lost: 0, broken: 0 };
  return {
    count({ selection, charges, conservation, ledger }, disturbances) {
      const rows = Object.values(charges).reduce((sum, count) => sum + (count?.rows ?? 0), 0);
      const selected = selection?.selected ?? 0;
      counts.months += 1;
      counts.faults += disturbances.length;
      counts.orders += selected;
      counts.doubles += countDoubles(ledger);
      counts.lost += selected - rows;
      if (!conservation.rows || !conservation.yen) counts.broken += 1;
    },
    toString() {
      const { months, faults, orders, doubles, lost, broken } = counts;
      return `${months} months, ${faults} faults, ${orders} orders: ${doubles} authorized or captured twice at the PSP, ${lost} rows lost, ${broken} months not conserved`;
    },
  };
}
