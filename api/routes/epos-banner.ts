import { MAX_BANNER_BYTES, readBannerType } from '../../billing/epos-banner.ts';
import { type EposBanner, findEposBanner, saveEposBanner } from '../../db/queries/epos-banner.ts';
import type { eposBannerRoutes } from '../contract/epos-banner.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

export const eposBannerHandlers: Handlers<typeof eposBannerRoutes> = {
  async readEposBanner({ deps, merchant }) {
    return { status: 200, body: show(await findEposBanner(deps.db, merchant.id)) };
  },

  async saveEposBanner({ deps, identity, merchant, body, now }) {
    const content = await readWhole(body);
    const contentType = readBannerType(content);
    if (contentType === null) throw new Problem('banner-unusable');
    const of = { banner: { contentType, content }, actor: identity.actor, now };
    await deps.db.transaction().execute((trx) => saveEposBanner(trx, merchant.id, of));
    return { status: 200, body: show(await findEposBanner(deps.db, merchant.id)) };
  },

  async resetEposBanner({ deps, identity, merchant, now }) {
    const found = await findEposBanner(deps.db, merchant.id);
    if (found !== undefined && found.content !== null) {
      const of = { banner: null, actor: identity.actor, now };
      await deps.db.transaction().execute((trx) => saveEposBanner(trx, merchant.id, of));
    }
    return { status: 200, body: show(await findEposBanner(deps.db, merchant.id)) };
  },
};

/** @throws Problem `body-too-large` at the first byte too many */
async function readWhole(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.byteLength;
    if (bytes > MAX_BANNER_BYTES) throw new Problem('body-too-large');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function show(found: EposBanner | undefined) {
  const { contentType = null, content = null } = found ?? {};
  return {
    isDefault: content === null,
    contentType,
    bytes: content?.byteLength ?? 0,
    dataUrl: content === null ? null : `data:${contentType};base64,${content.toString('base64')}`,
    setAt: found?.setAt ?? null,
    setBy: found?.setBy ?? null,
  };
}
