import { type Cycle, filledAt, numberBy, yenOf } from './month-to-fill.ts';

/** The export of a month as it was collected, and who of it is billed. */
export async function insertOrders({ fill, cycleId, charges, prefix }: Cycle): Promise<void> {
  const excluded = Math.ceil(charges / 20);
  const broken = Math.ceil(charges / 1000);
  const rows = charges + excluded;
  await fill(
    `insert into order_collections (merchant_id, cycle_id, n, file_id, settings_version, encoding, records,
                                    quarantined, collected_at, complete, added, changed, unchanged, gone)
     select $1, ${cycleId}, 1, f.id, 1, 'cp932', $2::int + $3::int, $3, $4, true, $2::int + $3::int, 0, 0, 0
       from files f where f.merchant_id = $1 and f.name = 'file-100'`,
    ...[rows, broken, filledAt],
  );
  await fill(
    `insert into orders (collection_id, record, line, merchant_id, order_number, customer_number,
                         ordered_at, payment_method, cycle_count, previous_order_number, amount_yen,
                         shipment, status, customer_name, email, phone, cycle_id)
     select k.id, i, i + 1, $1, ${numberBy(prefix)}, 'c' || i, timestamptz '2026-11-01' + i * interval '1 second',
            'クレジットカード決済', 2 + i % 10, 'A' || lpad(i::text, 8, '0'), ${yenOf}, 'unshipped',
            case when i > $2 then 'キャンセル' else '新規受付' end, '見本 ' || i,
            'c' || i || '@shop.example', '03' || lpad(i::text, 8, '0'), k.cycle_id
       from order_collections k, generate_series(1, $3::int) i where k.cycle_id = ${cycleId}`,
    ...[charges, rows],
  );
  await fill(
    `insert into quarantined_orders (collection_id, record, line, merchant_id, order_number, column_name,
                                     value, reason_code, reason_ja, reason_en, cycle_id, version)
     select k.id, $2::int + i, $2::int + i + 1, $1, 'Q' || i, '請求金額', '12.5', 'amount', '数字ではありません',
            'is not a number', k.cycle_id, 1
       from order_collections k, generate_series(1, $3::int) i where k.cycle_id = ${cycleId}`,
    ...[rows, broken],
  );
  await fill(
    `insert into selections (merchant_id, cycle_id, n, collection_id, selected_at)
     select $1, cycle_id, 1, id, $2 from order_collections where cycle_id = ${cycleId}`,
    filledAt,
  );
  await fill(
    `insert into selection_rows (selection_id, record, merchant_id, order_number, amount_yen, verdict,
                                 reason, cycle_id, collection_id, version)
     select s.id, o.record, $1, o.order_number, o.amount_yen,
            case when o.record > $2 then 'excluded' else 'selected' end,
            case when o.record > $2 then 'status_excluded' end, s.cycle_id, s.collection_id, 1
       from selections s join orders o on o.collection_id = s.collection_id where s.cycle_id = ${cycleId}
     union all
     select s.id, q.record, $1, q.order_number, null, 'quarantined', 'amount', s.cycle_id, s.collection_id, 1
       from selections s join quarantined_orders q on q.collection_id = s.collection_id
      where s.cycle_id = ${cycleId}`,
    charges,
  );
}
