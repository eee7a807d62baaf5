import { parseJstInstant } from '../../billing/business-date.ts';
import { parseInstant } from './clock.ts';

/** An instant as the portal writes it: `yyyy/MM/dd HH:mm:ss` in JST. */
export function formatPortalTime(instant: string): string {
  const local = new Date(Date.parse(instant) + 9 * 3_600_000).toISOString();
  return local.slice(0, 19).replaceAll('-', '/').replace('T', ' ');
}

/** An instant as a browser's date-and-time field holds it, in JST. */
export function formatFieldTime(instant: string): string {
  return formatPortalTime(instant).replaceAll('/', '-').replace(' ', 'T');
}

/**
 * Reads one end of a period: an ISO instant with zone, or a date or date and time in JST as a person
 * enters it. The end of a period takes in the whole of its last second, minute or day.
 *
 * @returns an ISO instant, or null when it is none.
 */
export function parsePortalTime(text: string, end: 'from' | 'to'): string | null {
  const exact = parseInstant(text);
  if (exact !== null) return exact;
  const local = text.trim().replace('T', ' ');
  const instant = parseJstInstant(local);
  if (instant === null || end === 'from') return instant;
  const colons = local.split(':').length - 1;
  const unitMs = colons === 2 ? 1000 : colons === 1 ? 60_000 : 86_400_000;
  return new Date(Date.parse(instant) + unitMs - 1).toISOString();
}
