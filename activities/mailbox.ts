import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { businessDateOf } from '../billing/business-date.ts';
import type { MailboxSettings } from '../billing/mail/mail-settings.ts';
import { listAllowedHosts } from '../db/queries/allowed-hosts.ts';
import { FileRefusedError, storeFile } from '../db/queries/files.ts';
import {
  findMailboxMark,
  hasFreshHandOver,
  insertMailboxMail,
  listMatchedSince,
  listUnmatchedCompletions,
  type MailPlace,
} from '../db/queries/mailbox.ts';
import type { Merchant } from '../db/queries/merchants.ts';
import { notifyOperators, postNotice } from '../db/queries/notices.ts';
import { readSecret } from '../db/queries/secrets.ts';
import { type MailboxEntry, type MailboxSession, openMailbox } from '../outside/mailbox.ts';
import { OutsideError } from '../outside/outside-error.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withHeartbeat } from './heartbeat.ts';
import { guardOf, readInboundMail } from './inbound-mail.ts';
import { findMailHandler, type MailEffects } from './mailbox-handlers.ts';
import { loadMerchant, loadMerchantWithSettings } from './merchant.ts';
import { tellHanded } from './send-customer-mail.ts';
import { isTriedAgain } from './wake-months.ts';

/** A merchant's mailbox, at a moment of its business clock. */
export interface OfMailbox {
  /** Slug. */
  readonly merchant: string;
  /** ISO instant. */
  readonly now: string;
}

export interface MailboxPlan {
  /** False = the settings name no mailbox. */
  readonly watched: boolean;
  /** Until the next look. */
  readonly intervalMs: number;
  readonly clockOffsetMs: number;
}

/** A mail of a PSP is some kilobytes; what is longer than this is none. */
const MAX_MAIL_BYTES = 5 * 1024 * 1024;
const minuteMs = 60_000;
/** The PSP's own work takes minutes to hours: so long the mail is looked for often. */
const FRESH_HAND_OVER_MS = 6 * 60 * minuteMs;
/** A mail that is older when the watch begins is somebody else's memory. */
const FIRST_LOOK_MS = 7 * 24 * 60 * minuteMs;
/** A worker may die between a mail's commit and its message to the file's workflow: told again. */
const TOLD_AGAIN_MS = 60 * minuteMs;
/** Sooner, the operator may still be about to record the number: the mail was only faster. */
const UNMATCHED_MS = 3 * 60 * minuteMs;

const before = (now: string, ms: number) => new Date(Date.parse(now) - ms).toISOString();

export function createMailboxActivities(deps: ActivityDependencies) {
  const { db } = deps;

  /** Once a day while it lasts. */
  async function noteAway(merchantId: number, of: OfMailbox, why: string): Promise<void> {
    await postNotice(db, merchantId, {
      key: `mailbox_away:${businessDateOf(of.now)}`,
      kind: 'mailbox_away',
      subject: 'メールボックスを確認できません',
      text: `${why}自動で再試行します。処理完了は手動でも記録できます。`,
      link: 'mailbox',
      now: of.now,
    });
  }

  async function open(
    merchant: Merchant,
    settings: MailboxSettings,
  ): Promise<{ session: MailboxSession; place: MailPlace }> {
    const { host, port, secure, user, folder, secretName } = settings;
    const password = await readSecret(db, merchant.id, secretName, deps.fileKeys);
    if (password === null) {
      throw new OutsideError('login_refused', 'The password of the mailbox is not stored.', {
        ja: `メールボックスのパスワード（シークレット ${secretName}）が登録されていません。`,
      });
    }
    const allowed = await listAllowedHosts(db, merchant.id);
    const allowedHosts = allowed.filter((each) => each.allowed).map((each) => each.host);
    const session = await openMailbox(
      { host, port, secure, user, password, folder },
      { caller: { kind: merchant.kind, allowedHosts } },
    );
    const mailbox = createHash('sha256')
      .update(JSON.stringify([host, user, folder]))
      .digest('hex');
    return { session, place: { mailbox, uidValidity: session.uidValidity } };
  }

  /**
   * What came since the last look. A folder that is looked into for the first time may hold years of
   * mail, and one whose UIDVALIDITY changed shows all of it anew: there only what is not old counts.
   */
  async function listNew(
    merchant: Merchant,
    session: MailboxSession,
    place: MailPlace,
    now: string,
  ): Promise<MailboxEntry[]> {
    const { lastUid, lastTakenAt } = await findMailboxMark(db, merchant.id, place);
    // The mailbox of a sandbox does not live on the merchant's clock.
    const whole = lastUid > 0 || merchant.kind === 'sandbox';
    const since = before(lastTakenAt ?? now, FIRST_LOOK_MS);
    return await session.listAfter(lastUid, whole ? null : since);
  }

  /** Reads one mail, keeps its bytes, notes it as taken and does what it says; once. */
  async function take(
    merchant: Merchant,
    at: { session: MailboxSession; place: MailPlace; entry: MailboxEntry; now: string },
  ): Promise<MailEffects> {
    const { place, entry, now } = at;
    const nothing: MailEffects = { exchanges: [], mailPosted: false };
    const lies = { ...place, uid: entry.uid, now };
    if (entry.bytes > MAX_MAIL_BYTES) {
      await noteRefused(merchant.id, lies, 'too_long', null);
      return nothing;
    }
    const bytes = await at.session.download(entry.uid);
    // Deleted between the list and now: nothing was lost that we had.
    if (bytes === null) return nothing;
    const mail = await readInboundMail(bytes);
    let fileId: number;
    try {
      const stored = await storeFile(db, merchant.id, {
        name: `mail-${place.uidValidity}-${entry.uid}.eml`,
        kind: 'mail',
        direction: 'inbound',
        source: oneChunk(bytes),
        guard: guardOf(mail),
        keys: deps.fileKeys,
        now,
        actor: 'mailbox',
        maxBytes: MAX_MAIL_BYTES,
      });
      fileId = stored.fileId;
    } catch (error) {
      if (!(error instanceof FileRefusedError)) throw error;
      await noteRefused(merchant.id, lies, 'card_number', mail.messageId);
      return nothing;
    }
    return await db.transaction().execute(async (trx) => {
      const handler = findMailHandler(mail);
      const { sha256, messageId, subject } = mail;
      const taken = await insertMailboxMail(trx, merchant.id, {
        ...lies,
        ...{ sha256, messageId, subject, fileId },
        refused: null,
        handler: handler?.name ?? null,
      });
      if (taken === undefined || taken.duplicate || handler === undefined) return nothing;
      return await handler.record(trx, merchant.id, { mailId: taken.id, now });
    });
  }

  async function noteRefused(
    merchantId: number,
    lies: MailPlace & { uid: number; now: string },
    refused: 'card_number' | 'too_long',
    messageId: string | null,
  ): Promise<void> {
    const sha256 = createHash('sha256')
      .update(JSON.stringify([lies.mailbox, lies.uidValidity, lies.uid]))
      .digest('hex');
    await db.transaction().execute(async (trx) => {
      await insertMailboxMail(trx, merchantId, {
        ...lies,
        ...{ sha256, messageId, refused },
        // Nothing of such a mail is kept, its subject included.
        subject: '',
        fileId: null,
        handler: null,
      });
      await postNotice(trx, merchantId, {
        key: `mailbox_refused:${sha256.slice(0, 32)}`,
        kind: 'mailbox_refused',
        subject: '受信メールを保存できませんでした',
        text:
          refused === 'card_number'
            ? '受信メールにカード番号と思われる値があるため、保存していません。メールソフトで内容を確かめ、カード番号を含むメールを送らないよう送信元に伝えてください。'
            : '受信メールが大きすぎるため、保存していません。処理完了メールであれば、手動で処理完了を記録してください。',
        link: 'mailbox?state=refused',
        now: lies.now,
      });
    });
  }

  return {
    /** Whether the mailbox is watched, and how soon it is looked at again. */
    async planMailbox(of: OfMailbox): Promise<MailboxPlan> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const { mailbox } = current.settings;
      const { clockOffsetMs } = merchant;
      if (mailbox === null) return { watched: false, intervalMs: 0, clockOffsetMs };
      const fresh = await hasFreshHandOver(db, merchant.id, before(of.now, FRESH_HAND_OVER_MS));
      const minutes = fresh ? mailbox.pollMinutes : mailbox.idlePollMinutes;
      return { watched: true, intervalMs: minutes * minuteMs, clockOffsetMs };
    },

    /**
     * Takes the mails that came since the last look, at most `limit`, in their order. A mailbox that
     * cannot be read is a notice: the next look tries again. @returns whether more are there
     */
    async takeMails(of: OfMailbox & { limit: number }): Promise<{ more: boolean }> {
      const { merchant, current } = await loadMerchantWithSettings(deps, of.merchant);
      const settings = current.settings.mailbox;
      if (settings === null) return { more: false };
      return await withHeartbeat(async () => {
        try {
          const { session, place } = await open(merchant, settings);
          try {
            const entries = await listNew(merchant, session, place, of.now);
            let mailPosted = false;
            const handed = new Set<string>();
            try {
              for (const entry of entries.slice(0, of.limit)) {
                if (Context.current().cancellationSignal.aborted) break;
                const effects = await take(merchant, { session, place, entry, now: of.now });
                mailPosted ||= effects.mailPosted;
                if (effects.handed) handed.add(effects.handed);
              }
            } finally {
              // A connection that is lost takes back nothing of the mails before.
              await tellHanded(deps, merchant, handed);
              if (mailPosted || isTriedAgain()) await deps.workflows.wakeMail(merchant);
            }
            return { more: entries.length > of.limit };
          } finally {
            await session.close();
          }
        } catch (error) {
          if (!(error instanceof OutsideError)) throw error;
          await noteAway(merchant.id, of, error.ja);
          return { more: false };
        }
      });
    },

    /**
     * Tells the workflows of files which a mail has completed of late to read their rows, and people
     * of completed files that nobody here knows.
     */
    async reportCompletions(of: OfMailbox): Promise<void> {
      const merchant = await loadMerchant(deps, of.merchant);
      const since = before(of.now, TOLD_AGAIN_MS);
      for (const exchange of await listMatchedSince(db, merchant.id, since)) {
        await deps.workflows.wakeExchange(merchant.slug, exchange);
      }
      await reportUnmatched(deps, merchant, of.now);
    },
  };
}

async function reportUnmatched(
  deps: ActivityDependencies,
  merchant: Merchant,
  now: string,
): Promise<void> {
  const taken = { from: before(now, FIRST_LOOK_MS), until: before(now, UNMATCHED_MS) };
  const unmatched = await listUnmatchedCompletions(deps.db, merchant.id, taken);
  if (unmatched.length === 0) return;
  await deps.db.transaction().execute(async (trx) => {
    for (const { sha256, acceptanceNumber } of unmatched) {
      await notifyOperators(trx, merchant.id, {
        key: `completion_unmatched:${sha256.slice(0, 16)}`,
        template: 'completion_unmatched',
        parameters: { acceptanceNumber },
        now,
      });
    }
  });
  // Also when they were posted by an earlier try, which may have died before this.
  await deps.workflows.wakeMail(merchant);
}

async function* oneChunk(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
