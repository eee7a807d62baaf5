import { isUnopenedFile } from '../../db/queries/exchange-admission.ts';
import type { fileRoutes } from '../contract/files.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { replyWithFile } from '../stored-download.ts';
import { storeUpload } from '../stored-upload.ts';

export const fileHandlers: Handlers<typeof fileRoutes> = {
  async uploadFile(call) {
    const { name, kind } = call.query;
    const {
      fileId: _,
      direction: __,
      ...stored
    } = await storeUpload(call, { name, kind, source: call.body });
    return { status: stored.alreadyStored ? 200 : 201, body: stored };
  },

  async downloadFile(call) {
    const { deps, merchant, params } = call;
    if (await isUnopenedFile(deps.db, merchant.id, params.sha256)) {
      throw new Problem('conflict', {
        detail:
          'このファイルは引き渡しの順番を待っているか、取り下げられているため、取り出せません。順番が来たファイルは、ファイルの引き渡しの画面でダウンロードできます。',
      });
    }
    return await replyWithFile(call, params.sha256);
  },
};
