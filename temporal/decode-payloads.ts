import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

const { Payloads } = proto.temporal.api.common.v1;

/** Temporal itself refuses payloads of more than 2 MB. */
export const maxPayloadsBytes = 8 * 1024 * 1024;

/**
 * The body of a codec server's `/decode` as its answer: what was encrypted is in clear, the rest passes.
 *
 * Protocol: https://docs.temporal.io/production-deployment/data-encryption#codec-server-setup
 * @throws for what is no list of payloads, and ApplicationFailure where a key is missing.
 */
export async function decodePayloads(
  codecs: readonly PayloadCodec[],
  body: object,
): Promise<{ [field: string]: unknown }> {
  let payloads = Payloads.fromObject(body).payloads as Payload[];
  for (const codec of codecs.toReversed()) payloads = await codec.decode(payloads);
  return Payloads.create({ payloads }).toJSON();
}
