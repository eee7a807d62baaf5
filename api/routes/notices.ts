import { countUnreadNotices, listNotices, markNoticesRead } from '../../db/queries/notices.ts';
import type { noticeRoutes } from '../contract/notices.ts';
import type { Handlers } from '../handler.ts';

export const noticeHandlers: Handlers<typeof noticeRoutes> = {
  async listNotices({ deps, identity, merchant, query }) {
    const { actor } = identity;
    const rows = await listNotices(deps.db, merchant.id, {
      actor,
      unreadOnly: query.unread === 'true',
      before: query.before ?? null,
      limit: query.limit + 1,
    });
    const notices = rows.slice(0, query.limit);
    const nextBefore = rows.length > query.limit ? (notices.at(-1)?.key ?? null) : null;
    const unread = await countUnreadNotices(deps.db, merchant.id, actor);
    return { status: 200, body: { notices, unread, nextBefore } };
  },

  async markNoticesRead({ deps, identity, merchant, body, now }) {
    const { actor } = identity;
    await markNoticesRead(deps.db, merchant.id, { actor, keys: body.keys, now });
    return {
      status: 200,
      body: { unread: await countUnreadNotices(deps.db, merchant.id, actor) },
    };
  },
};
