import type { Desk } from './desk.ts';
import { judgeFile } from './judge-file.ts';
import { accountOf, merchantOf, type Upload } from './state.ts';
import { readRequests, writeResultFile } from './transaction-files.ts';

/** Works off every upload that is due by an instant, each at its own. Call in turn only. */
export async function processDueUploads(desk: Desk, now: string): Promise<void> {
  // The map holds uploads in the order of acceptance, which sorting by time keeps.
  const due = [...desk.state.uploads.values()]
    .filter(({ processedAt, dueAt }) => processedAt === null && dueAt <= now)
    .sort((a, b) => Date.parse(a.dueAt) - Date.parse(b.dueAt));
  for (const upload of due) await processUpload(desk, upload);
}

/** Authorizes or captures what one accepted file asks for, and writes its result file. */
async function processUpload(desk: Desk, upload: Upload): Promise<void> {
  const merchant = merchantOf(desk.state, upload.merchantId);
  const account = accountOf(desk.state, upload.merchantId);
  const { acceptanceNumber, dueAt, transactionKind, sha256 } = upload;
  const requests = await readRequests(desk.readUpload(sha256));
  const results = judgeFile(merchant, account, transactionKind, requests, dueAt);
  // The result file stands first: the journal never promises a result that is not there.
  desk.saveResult(acceptanceNumber, writeResultFile(merchant, upload, requests, results));
  desk.commit({ type: 'processed', acceptanceNumber, at: dueAt, results });
}
