/** A carrier result as it came to the shop. */
export interface ShopDelivery {
  readonly idempotencyKey: string | null;
  /** オーダーNo. */
  readonly orderNumber: string | null;
  readonly parameters: readonly (readonly [string, string])[];
}

/** What the shop did under one idempotency key. */
export interface IssueEntry {
  readonly idempotencyKey: string | null;
  readonly orderNumber: string | null;
  /** Calls that reached the shop, worked on or not. */
  received: number;
  /** How often content, an ID or goods were handed out: more than 1 is the accident to avoid. */
  issued: number;
  /** Of the latest call. */
  parameters: ShopDelivery['parameters'];
}

export interface ShopTotals {
  readonly keys: number;
  readonly received: number;
  readonly issued: number;
  /** Orders for which something was handed out more than once. */
  readonly doubleIssued: number;
}

export interface ShopLedger {
  /** A call that the shop did not work on. */
  receive(delivery: ShopDelivery): void;
  /** A call that the shop worked on: a payment that went well, unless it knows the key. */
  take(delivery: ShopDelivery): { issued: boolean };
  entryOf(orderNumber: string): IssueEntry | undefined;
  /** In the order of their first calls. */
  entries(): readonly IssueEntry[];
  totals(): ShopTotals;
  show(): { totals: ShopTotals; entries: readonly IssueEntry[] };
}

/**
 * The shop's own count, by which a test proves without any record of Tsukigime's that nothing was
 * issued twice.
 */
export function openShopLedger(looksAtKey: boolean): ShopLedger {
  const byKey = new Map<string, IssueEntry>();
  const entryFor = ({ idempotencyKey, orderNumber, parameters }: ShopDelivery): IssueEntry => {
    const key = idempotencyKey ?? `none:${orderNumber}`;
    const known = byKey.get(key);
    if (known !== undefined) return known;
    const entry = { idempotencyKey, orderNumber, received: 0, issued: 0, parameters };
    byKey.set(key, entry);
    return entry;
  };
  const receive = (delivery: ShopDelivery): IssueEntry => {
    const entry = entryFor(delivery);
    entry.received += 1;
    entry.parameters = delivery.parameters;
    return entry;
  };
  const totals = (): ShopTotals => {
    const entries = [...byKey.values()];
    const sum = (of: (entry: IssueEntry) => number) =>
      entries.reduce((total, entry) => total + of(entry), 0);
    return {
      keys: entries.length,
      received: sum((entry) => entry.received),
      issued: sum((entry) => entry.issued),
      doubleIssued: countDoubleIssued(entries),
    };
  };
  return {
    receive(delivery) {
      receive(delivery);
    },
    take(delivery) {
      const entry = receive(delivery);
      const known = looksAtKey && delivery.idempotencyKey !== null && entry.issued > 0;
      if (known || !wentWell(delivery)) return { issued: false };
      entry.issued += 1;
      return { issued: true };
    },
    entryOf: (orderNumber) => [...byKey.values()].find((one) => one.orderNumber === orderNumber),
    entries: () => [...byKey.values()],
    totals,
    show: () => ({ totals: totals(), entries: [...byKey.values()] }),
  };
}

/** What is issued is for payments that succeeded; a result without a verdict counts as one. */
function wentWell({ parameters }: ShopDelivery): boolean {
  return parameters.find(([name]) => name === 'result')?.[1] !== 'NG';
}

/** By order, not by key: two keys for one payment would issue twice as well. */
function countDoubleIssued(entries: readonly IssueEntry[]): number {
  const byOrder = new Map<string, number>();
  for (const { orderNumber, issued } of entries) {
    if (orderNumber !== null) byOrder.set(orderNumber, (byOrder.get(orderNumber) ?? 0) + issued);
  }
  return [...byOrder.values()].filter((issued) => issued > 1).length;
}
