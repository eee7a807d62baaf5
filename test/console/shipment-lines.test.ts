import { describe, expect, it } from 'vitest';
import { readShipmentLines } from '../../console/src/shipment-lines.ts';

describe('shipments as they are pasted', () => {
  it('take the day of the rest, or one of their own behind a tab, a comma or a space', () => {
    const text = '10001\n10002\t2026/11/3\n\n 10003, 2026-11-04 \r\n10004 2026-11-05';
    expect(readShipmentLines(text, '2026-11-30')).toEqual({
      shipments: [
        { orderNumber: '10001', shippedOn: '2026-11-30' },
        { orderNumber: '10002', shippedOn: '2026-11-03' },
        { orderNumber: '10003', shippedOn: '2026-11-04' },
        { orderNumber: '10004', shippedOn: '2026-11-05' },
      ],
      unreadable: [],
    });
  });

  it('name the lines without a day, with none of the calendar, or with something more', () => {
    const text = '10001\n10002 2026-02-30\n10003 2026-11-04 発送済\n10004 2026-11-04';
    expect(readShipmentLines(text, null)).toEqual({
      shipments: [{ orderNumber: '10004', shippedOn: '2026-11-04' }],
      unreadable: [1, 2, 3],
    });
  });
});
