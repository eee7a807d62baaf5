import type { fileRoutes } from '../contract/files.ts';
import type { Handlers } from '../handler.ts';
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

  downloadFile: (call) => replyWithFile(call, call.params.sha256),
};
