import { type BusinessDate, parseBusinessDate } from '../../billing/business-date.ts';

export interface Shipment {
  readonly orderNumber: string;
  readonly shippedOn: BusinessDate;
}

/**
 * Shipments as somebody pastes them from a spreadsheet: a line each, the order number, then (after a
 * tab, a comma or a space) its day, where it is another than that of the rest.
 *
 * @param day of the lines without one; null: none is given
 * @returns the shipments, and the lines (from 1) that are none
 */
export function readShipmentLines(
  text: string,
  day: BusinessDate | null,
): { readonly shipments: readonly Shipment[]; readonly unreadable: readonly number[] } {
  const shipments: Shipment[] = [];
  const unreadable: number[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const [orderNumber = '', written, ...more] = line.trim().split(/[\s,、]+/);
    if (orderNumber === '') return;
    const shippedOn = written === undefined ? day : parseBusinessDate(written);
    if (shippedOn === null || more.length > 0) unreadable.push(index + 1);
    else shipments.push({ orderNumber, shippedOn });
  });
  return { shipments, unreadable };
}
