import { writeCustomerMail } from '../billing/mail/customer-mail.ts';
import { customerMailKind, sampleLink } from '../billing/mail/customer-templates.ts';
import { findCaseForMail } from '../db/queries/customer-mail-facts.ts';
import { readTemplate } from '../db/queries/customer-mail-templates.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { findSettings } from '../db/queries/settings.ts';
import { UsageError, withRecord } from './record-access.ts';

interface OfCase {
  readonly merchant: string;
  readonly month: string;
}

/** `tsukigime ng mail`: what the customer would be told now; sends nothing. */
export async function runNgMail(command: OfCase & { readonly order: string }): Promise<number> {
  return await withRecord(async ({ db, now: realNow }) => {
    const merchant = await findMerchant(db, command.merchant);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${command.merchant}.`);
    const of = { month: command.month, orderNumber: command.order };
    const found = await findCaseForMail(db, merchant.id, of);
    const settings = (await findSettings(db, merchant.id))?.settings;
    if (found === undefined || settings === undefined) {
      throw new UsageError(`Order ${command.order} has no NG case in ${command.month}.`);
    }
    const { contact } = settings.ng;
    const now = new Date(Date.parse(realNow) + merchant.clockOffsetMs).toISOString();
    const kind = customerMailKind(found);
    const template = await readTemplate(db, merchant.id, { kind, version: null });
    const link = contact.cardPageUrl === null ? null : sampleLink(contact, now);
    const words = writeCustomerMail(template, { ...found, merchant, settings, now, link });
    console.log(`宛先: ${found.emails[0] ?? 'なし(送信できません)'}`);
    if (!contact.enabled) console.log('送信: 無効(設定 ng.contact.enabled)');
    console.log(`件名: ${words.subject}\n\n${words.text}`);
  });
}
