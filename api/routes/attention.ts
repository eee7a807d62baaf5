import { findWaitingImports, isReturnLate } from '../../billing/attention.ts';
import { migrationNeedsPerson } from '../../billing/card-migration.ts';
import {
  describeRefresh,
  isFinishedRefresh,
  refreshSendDeadline,
} from '../../billing/card-refresh.ts';
import { type MerchantSettings, merchantSettingsSchema } from '../../billing/merchant-settings.ts';
import {
  countUnclearMails,
  listAskedOverrides,
  listRecentImports,
  listWaitingMigrations,
} from '../../db/queries/attention.ts';
import { type CardRefresh, listRefreshes } from '../../db/queries/card-refresh.ts';
import { countOpenSendErrors } from '../../db/queries/send-errors.ts';
import { findSettings } from '../../db/queries/settings.ts';
import type { attentionRoutes } from '../contract/attention.ts';
import type { Handlers } from '../handler.ts';

/** More say no more to a person than "more than". */
const COUNTED = 1000;
/** Of those that are listed one by one: as many as somebody reads. */
const LISTED = 20;
/** A year of months, and the imports of some weeks. */
const REFRESHES = 12;
const IMPORTS = 100;

export const attentionHandlers: Handlers<typeof attentionRoutes> = {
  async readAttention({ deps, merchant, now }) {
    const { db } = deps;
    const { id } = merchant;
    const settings = (await findSettings(db, id))?.settings ?? merchantSettingsSchema.parse({});
    const refreshes = await listRefreshes(db, id, { before: null, limit: REFRESHES });
    const migrations = await listWaitingMigrations(db, id, LISTED);
    const { delivery } = settings.cardMigration.linkFile;
    const sendErrors = await countOpenSendErrors(db, id, COUNTED + 1);
    const mails = await countUnclearMails(db, id, COUNTED + 1);
    return {
      status: 200,
      body: {
        refreshes: refreshes.filter(needsLook).map((one) => showRefresh(one, settings)),
        overrides: await listAskedOverrides(db, id, LISTED),
        migrations: migrations
          .map(({ round, ...of }) => ({
            ...of,
            note: round?.state === 'refused' ? round.trouble : of.note,
            late: isReturnLate(of, now),
            person: migrationNeedsPerson({ ...of, link: { delivery }, round }),
          }))
          .filter(({ late, person }) => late || person),
        imports: findWaitingImports(await listRecentImports(db, id, IMPORTS)),
        sendErrors: upTo(sendErrors),
        mails: upTo(mails),
      },
    };
  },
};

/** Of those that have ended only the newest: what was left of older ones has been gone over since. */
const needsLook = ({ stage, attention }: CardRefresh, index: number) =>
  attention && (index === 0 || !isFinishedRefresh(stage));

function showRefresh(refresh: CardRefresh, { cardRefresh }: MerchantSettings) {
  const { month, stage } = refresh;
  const unsent = stage === 'planned' || stage === 'built';
  const dueAt = unsent ? refreshSendDeadline(refresh, cardRefresh.sendWithinDays) : null;
  return { month, stage, waitsFor: describeRefresh(refresh), dueAt };
}

function upTo<Counted extends { readonly rows: number }>(counted: Counted) {
  return { ...counted, rows: Math.min(counted.rows, COUNTED), more: counted.rows > COUNTED };
}
