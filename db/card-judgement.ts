import { type RawBuilder, sql } from 'kysely';

/**
 * A lateral that says what the refreshes last said of card `k` as it is now: month, verdict, outcome.
 * What was said of the card before it was replaced is said of another card.
 */
export const newestJudgement: RawBuilder<unknown> = judgementOf(sql`true`);

/** The same, asked for only of cards that meet a condition on `k`. */
export function judgementOf(which: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
  select m.month, r.verdict, r.outcome
    from refresh_targets t
    join card_refreshes m on m.id = t.refresh_id
    join lateral (select * from refresh_results x
                   where x.refresh_id = t.refresh_id and x.line = t.line
                   order by x.n desc limit 1) r on true
   where t.card_id = k.id and ${which}
     and r.outcome in ('renewed', 'valid', 'no_newer_data', 'refused')
     and right(k.last_digits, 3)
           = right(coalesce(r.last_digits_after, r.last_digits_before), 3)
     and k.expiry = coalesce(r.expiry_after, r.expiry_before)
   order by m.month desc limit 1`;
}
