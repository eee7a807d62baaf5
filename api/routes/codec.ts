import { decodePayloads } from '../../temporal/decode-payloads.ts';
import type { codecRoutes } from '../contract/codec.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

export const codecHandlers: Handlers<typeof codecRoutes> = {
  async decodePayloads({ deps, body }) {
    const { payloadCodecs } = deps.temporal.options.loadedDataConverter;
    try {
      const { payloads } = await decodePayloads(payloadCodecs, body);
      return { status: 200, body: { payloads: (payloads ?? []) as typeof body.payloads } };
    } catch {
      // The reason may quote what could not be read.
      throw new Problem('payload-unreadable');
    }
  },
};
