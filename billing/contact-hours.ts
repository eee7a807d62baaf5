import { addDays, businessDateOf, instantAt } from './business-date.ts';
import type { ContactSettings } from './contact-settings.ts';

type Hours = ContactSettings['hours'];

/** When mails of a date may begin to leave. ISO. */
export const opensOn = (date: string, hours: Hours) => instantAt(date, hours.from);

/**
 * The first instant, at or after one, at which a mail to a customer may leave: contract mails come on
 * any day of the week, but not at night. ISO.
 */
export function nextContactAt(now: string, hours: Hours): string {
  const date = businessDateOf(now);
  if (now < instantAt(date, hours.from)) return instantAt(date, hours.from);
  if (now < instantAt(date, hours.to)) return now;
  return opensOn(addDays(date, 1), hours);
}

/** When the next day's mails begin to leave. ISO. */
export const nextContactDay = (now: string, hours: Hours) =>
  opensOn(addDays(businessDateOf(now), 1), hours);
