import type { ImportFacts } from '../billing/file-import.ts';
import { moveImport, requireImport } from '../db/queries/imports.ts';
import type { Act } from './acts.ts';
import { decide } from './decide.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { asRefusal, refusal } from './failures.ts';
import { withHeartbeat } from './heartbeat.ts';
import { importStoredFile, type OfImport, toFacts } from './import-stored-file.ts';
import { loadMerchant } from './merchant.ts';

/** Short acts on an import's row. */
export function createImportActActivities(deps: ActivityDependencies) {
  return {
    async readImport(of: OfImport): Promise<ImportFacts & { clockOffsetMs: number }> {
      const merchant = await loadMerchant(deps, of.merchant);
      const found = await requireImport(deps.db, merchant.id, of.number);
      return { ...toFacts(found), clockOffsetMs: merchant.clockOffsetMs };
    },

    /** Starts or deletes an upload that was held; each only from there. */
    async decideImport(
      of: OfImport & { workflowId: string; act: Act; decision: 'start' | 'cancel' },
    ): Promise<ImportFacts> {
      const merchant = await loadMerchant(deps, of.merchant);
      try {
        await deps.db.transaction().execute(async (trx) => {
          const { fresh } = await decide(trx, merchant.id, of, {
            act: `${of.decision}-import`,
            body: { number: of.number },
          });
          if (!fresh) return;
          const to = of.decision === 'start' ? 'running' : 'cancelled';
          const { number, now } = of;
          if (await moveImport(trx, merchant.id, { number, from: 'uploaded', to, now })) return;
          throw refusal(
            'StageConflict',
            'この取り込みはすでに開始または終了しています。何も変更していません。履歴で状態を確かめてください。',
          );
        });
      } catch (error) {
        throw asRefusal(error);
      }
      return toFacts(await requireImport(deps.db, merchant.id, of.number));
    },
  };
}

export function createFileImportActivities(deps: ActivityDependencies) {
  return {
    /** Imports a stored file, once; an import that is finished is left as it is. */
    importFile: (of: OfImport): Promise<ImportFacts> =>
      withHeartbeat(() => importStoredFile(deps, of)),
  };
}
