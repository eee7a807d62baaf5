import { z } from 'zod';
import type { Desk } from './desk.ts';
import { merchantSchema, type SandboxMerchant } from './merchant.ts';
import { Refusal } from './refusal.ts';
import { merchantOf } from './state.ts';

/** How many 担当者 a merchant may name [manual]. */
export const contactPlaces = 3;

/**
 * Changes 担当者1 to 3 in 加盟店情報管理: the first stands in TO of the completion mail, the others in
 * CC. Blank places are closed up. What is processed already keeps the addresses of its time.
 */
export async function saveContacts(
  desk: Desk,
  merchantId: string,
  contacts: readonly string[],
): Promise<SandboxMerchant> {
  const given = contacts.map((contact) => contact.trim()).filter((contact) => contact !== '');
  if (given.length > contactPlaces) {
    throw new Refusal(400, 'too_many_contacts', `担当者は ${contactPlaces} 名まで登録できます。`);
  }
  const wrong = given.find((contact) => !z.email().safeParse(contact).success);
  if (wrong !== undefined) {
    throw new Refusal(400, 'unreadable_address', `メールアドレスの形式ではありません: ${wrong}`);
  }
  return desk.inTurn(() => {
    const merchant = merchantSchema.parse({
      ...merchantOf(desk.state, merchantId),
      contacts: given,
    });
    desk.commit({ type: 'merchant', merchant });
    return merchant;
  });
}
