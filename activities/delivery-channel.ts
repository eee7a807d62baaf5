import type { ClaimOf } from '../db/due-deliveries.ts';
import { type Claim, claimDeliveries } from '../db/queries/deliveries.ts';
import type { DeliveryEndpoint } from '../db/queries/delivery-endpoints.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { type ClaimedEvent, claimEvents } from '../db/queries/webhook-deliveries.ts';
import { type Batch, deliverBatch } from './deliver-batch.ts';
import { writeResultRequest } from './delivery-request.ts';
import { createSender, type WriteRequest } from './delivery-sender.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { writeWebhookRequest } from './webhook-request.ts';

/** One endpoint's way out: carrier results or events. Which of them, its kind says for good. */
export interface Channel {
  /** Claims what is due. @returns how to send it; null when nothing is due. */
  claim(of: ClaimOf): Promise<((batch: Unsent) => Promise<void>) | null>;
  close(): void;
}

type Unsent = Omit<Batch<Claim>, 'claimed' | 'sender'>;

export function openChannel(
  deps: ActivityDependencies,
  merchant: Merchant,
  { kind }: Pick<DeliveryEndpoint, 'kind'>,
): Channel {
  const { db } = deps;
  const open = <Claimed extends Claim>(
    claim: (of: ClaimOf) => Promise<Claimed[]>,
    write: WriteRequest<Claimed>,
  ): Channel => {
    const sender = createSender(deps, merchant, write);
    return {
      close: sender.close,
      async claim(of) {
        const claimed = await claim(of);
        if (claimed.length === 0) return null;
        return (batch) => deliverBatch(db, merchant.id, { ...batch, claimed, sender });
      },
    };
  };
  return kind === 'carrier'
    ? open((of) => claimDeliveries(db, merchant.id, of), writeResultRequest)
    : open<ClaimedEvent>((of) => claimEvents(db, merchant.id, of), writeWebhookRequest);
}
