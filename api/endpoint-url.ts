import type { Merchant } from '../db/queries/merchants.ts';
import { Problem } from './problem.ts';

/**
 * Where the address of an endpoint leads is judged at each batch (outside/address-guard.ts); what can
 * never be called is refused here.
 *
 * @throws Problem `invalid-fields`
 */
export function refuseUnfitUrl(merchant: Pick<Merchant, 'kind'>, url: string): void {
  const { protocol, username, password } = new URL(url);
  const refuse = (message: string) => {
    throw new Problem('invalid-fields', { errors: [{ path: 'body.url', message }] });
  };
  if (protocol !== 'https:' && merchant.kind !== 'sandbox') refuse('is not https');
  if (username !== '' || password !== '') refuse('holds credentials');
}
