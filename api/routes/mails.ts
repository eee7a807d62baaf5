import { CUSTOMER_MAIL } from '../../billing/mail/customer-templates.ts';
import { isMailTemplate, writeMail } from '../../billing/mail/templates.ts';
import { findMail } from '../../db/queries/mail-sends.ts';
import { listMailboxMails, readMailboxState } from '../../db/queries/mailbox.ts';
import { listMails, type Mail, readMail } from '../../db/queries/mails.ts';
import { findSettings } from '../../db/queries/settings.ts';
import { wakeMail } from '../../temporal/mail-workflows.ts';
import { decideMail } from '../../workflows/messages.ts';
import { mailDispatchWorkflowId } from '../../workflows/workflow-ids.ts';
import type { mailRoutes } from '../contract/mails.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import { tellWorkflow } from '../tell-workflow.ts';

export const mailHandlers: Handlers<typeof mailRoutes> = {
  async listMails({ deps, merchant, query }) {
    const rows = await listMails(deps.db, merchant.id, {
      state: query.state ?? null,
      bouncedOnly: query.bounced,
      before: query.before ?? null,
      limit: query.limit + 1,
    });
    const mails = rows.slice(0, query.limit);
    const nextBefore = rows.length > query.limit ? (mails.at(-1)?.key ?? null) : null;
    return { status: 200, body: { mails: mails.map(showMail), nextBefore } };
  },

  async readMail({ deps, merchant, params }) {
    const mail = await readMail(deps.db, merchant.id, params.key);
    if (mail === undefined) throw new Problem('mail-not-found');
    return { status: 200, body: showMail(mail) };
  },

  async decideMail({ deps, identity, merchant, params, body, idempotencyKey }) {
    const { key } = params;
    const mail = await findMail(deps.db, merchant.id, key);
    if (mail === undefined) throw new Problem('mail-not-found');
    // An unknown mail keeps its dispatcher waiting, unless it was lost with Temporal's state.
    await wakeMail(deps.workflows, merchant);
    return await tellWorkflow(deps, {
      workflowId: mailDispatchWorkflowId(merchant.slug),
      location: `/v1/merchants/${merchant.slug}/mails`,
      update: decideMail,
      act: { actor: identity.actor, idempotencyKey, key, ...body },
    });
  },

  async readMailbox({ deps, merchant }) {
    const mailbox = (await findSettings(deps.db, merchant.id))?.settings.mailbox ?? null;
    const state = await readMailboxState(deps.db, merchant.id);
    if (mailbox === null) return { status: 200, body: { watched: null, ...state } };
    const { host, user, folder, pollMinutes, idlePollMinutes } = mailbox;
    const watched = { host, user, folder, pollMinutes, idlePollMinutes };
    return { status: 200, body: { watched, ...state } };
  },

  async listMailboxMails({ deps, merchant, query }) {
    const rows = await listMailboxMails(deps.db, merchant.id, {
      state: query.state ?? null,
      before: query.before ?? null,
      limit: query.limit + 1,
    });
    const mails = rows.slice(0, query.limit);
    const nextBefore = rows.length > query.limit ? (mails.at(-1)?.n ?? null) : null;
    return { status: 200, body: { mails, nextBefore } };
  },
};

function showMail<Shown extends Mail>({ parameters, ...mail }: Shown) {
  const words = isMailTemplate(mail.template)
    ? writeMail(mail.template, parameters)
    : { subject: mail.template === CUSTOMER_MAIL ? '顧客へのメール' : null, text: null };
  return { ...mail, subject: words.subject, text: words.text };
}
