import { labelOf } from '../../billing/order-source.ts';
import { appendAudit } from '../../db/queries/audit.ts';
import { listCycles } from '../../db/queries/cycles.ts';
import { listSourceFiles, readSourceState } from '../../db/queries/order-source.ts';
import { findSettings } from '../../db/queries/settings.ts';
import { wakeCycle } from '../../temporal/start-cycle.ts';
import type { orderSourceRoutes } from '../contract/order-source.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

/** Files of a test that are shown: a folder may hold the shop's years. */
const SHOWN = 200;

export const orderSourceHandlers: Handlers<typeof orderSourceRoutes> = {
  async readOrderSource({ deps, merchant, query }) {
    const source = (await findSettings(deps.db, merchant.id))?.settings.orderSource;
    if (source === undefined) throw new Problem('settings-not-found');
    return {
      status: 200,
      body: {
        kind: source.kind,
        source: source.kind === 'upload' ? null : labelOf(source),
        ...(await readSourceState(deps.db, merchant.id)),
        files: await listSourceFiles(deps.db, merchant.id, query.limit),
      },
    };
  },

  async testOrderSource({ deps, identity, merchant, body, now }) {
    const { month } = body;
    const found = await deps.testOrderSource(merchant, { month, now });
    // A connection in the merchant's name, whatever it found: somebody wanted it.
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: identity.actor,
      act: 'order-source.tested',
      subject: month,
      reason: null,
      details: { works: found.works },
    });
    if (!found.works) {
      const { problem, detail } = found;
      return { status: 200, body: { works: false, problem, detail, files: [] } };
    }
    const files = found.files.slice(-SHOWN).map(({ file, verdict }) => ({ ...file, verdict }));
    return { status: 200, body: { works: true, problem: null, detail: null, files } };
  },

  async lookAtOrderSource({ deps, identity, merchant, body, now }) {
    const { month } = body;
    const open = await listCycles(deps.db, merchant.id, { open: true });
    const cycle = open.find(({ billingMonth }) => billingMonth === month);
    if (cycle === undefined) {
      throw new Problem('cycle-not-found', {
        detail:
          'この月の請求は始まっていないか、締め済みです。何も取得していません。月を確かめるか、請求サイクルを開始してください。',
      });
    }
    const source = (await findSettings(deps.db, merchant.id))?.settings.orderSource;
    if (source === undefined || source.kind === 'upload') {
      throw new Problem('conflict', {
        detail:
          '注文CSVの取得元が設定されていません。何も取得していません。設定 orderSource を登録するか、注文CSVをアップロードしてください。',
      });
    }
    await appendAudit(deps.db, merchant.id, {
      at: now,
      actor: identity.actor,
      act: 'order-source.asked',
      subject: month,
      reason: null,
      details: {},
    });
    await wakeCycle(deps.workflows, merchant, cycle, { kind: 'order-source', id: month });
    return { status: 200, body: { askedAt: now } };
  },
};
