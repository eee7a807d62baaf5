import { type Read, useReads } from './api.ts';
import type { OpenReason } from './month-progress.ts';
import { useMerchant } from './places.ts';

const everyMs = 5000;

/** What keeps a month open, as far as it has been counted. */
export interface OpenReasons {
  /** Undefined until anything has been counted. */
  readonly reasons: readonly OpenReason[] | undefined;
  /** Rows that break a sum are still being looked for: nobody can say that these are all. */
  readonly pending: boolean;
  readonly reads: readonly Read<'listOpenRows'>[];
}

/**
 * Of several months, in their order: what people and the PSP move on at once, and with it what breaks a sum,
 * where that is known. In a large month it takes a while: only there it is asked for once more, and follows.
 */
export function useOpenReasons(months: readonly string[]): readonly OpenReasons[] {
  const { merchant } = useMerchant();
  const ask = (month: string, sums: boolean) => ({
    params: { merchant, month },
    query: { limit: 0, sums },
  });
  const first = useReads(
    'listOpenRows',
    months.map((month) => ask(month, false)),
    { everyMs },
  );
  const isPending = (read: Read<'listOpenRows'> | undefined) => read?.data?.pending != null;
  const waiting = months.filter((_, index) => isPending(first[index]));
  const whole = useReads(
    'listOpenRows',
    waiting.map((month) => ask(month, true)),
    { everyMs },
  );
  return months.map((month, index) => {
    const reads = [first[index], whole[waiting.indexOf(month)]].filter(
      (read) => read !== undefined,
    );
    const told = reads.findLast(({ data }) => data !== undefined);
    return { reasons: told?.data?.reasons ?? undefined, pending: isPending(told), reads };
  });
}
