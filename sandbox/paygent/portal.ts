import type { Desk } from './desk.ts';
import type { SftpFront } from './sftp-front.ts';
import type { TelegramFront } from './telegram-front.ts';
import type { PendingUploads } from './uploads.ts';

/** What the portal's pages and its routes for programs share. */
export interface Portal {
  readonly desk: Desk;
  readonly pending: PendingUploads;
  /** To be called after anything may have been processed: mails may be due. */
  readonly afterChange: () => void;
  readonly sftp: SftpFront;
  readonly telegrams: TelegramFront;
}
