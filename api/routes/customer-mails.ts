import { readCardPageLink } from '../../billing/card-page-link.ts';
import { nextContactAt } from '../../billing/contact-hours.ts';
import { declineLabels } from '../../billing/decline.ts';
import { writeCustomerMail } from '../../billing/mail/customer-mail.ts';
import {
  CUSTOMER_MAIL_KINDS,
  CUSTOMER_MAIL_VARIABLES,
  type CustomerMailKind,
  type CustomerMailTemplate,
  customerMailKind,
  fillTemplate,
  findTemplateFaults,
  isCardNotice,
  isForCardNotices,
  sampleLink,
  sampleValues,
} from '../../billing/mail/customer-templates.ts';
import { findCaseForMail } from '../../db/queries/customer-mail-facts.ts';
import {
  type KeptTemplate,
  listOwnTemplates,
  readTemplate,
  saveTemplate,
} from '../../db/queries/customer-mail-templates.ts';
import { findLinkedMail } from '../../db/queries/customer-mails.ts';
import { readSecret } from '../../db/queries/secrets.ts';
import { findSettings } from '../../db/queries/settings.ts';
import type { customerMailRoutes } from '../contract/customer-mails.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

export const customerMailHandlers: Handlers<typeof customerMailRoutes> = {
  async listCustomerMailTemplates({ deps, merchant }) {
    const own = await listOwnTemplates(deps.db, merchant.id, null);
    const templates = await Promise.all(
      CUSTOMER_MAIL_KINDS.map(
        async (kind) =>
          own.find((one) => one.kind === kind) ??
          (await readTemplate(deps.db, merchant.id, { kind, version: 0 })),
      ),
    );
    const variables = Object.entries(CUSTOMER_MAIL_VARIABLES).map(([name, { ja }]) => ({
      token: `@@${name}@@`,
      meaning: ja,
      forCardNotices: isForCardNotices(name),
    }));
    return { status: 200, body: { templates: templates.map(showTemplate), variables } };
  },

  async listCustomerMailVersions({ deps, merchant, params }) {
    const { kind } = params;
    const own = await listOwnTemplates(deps.db, merchant.id, kind);
    const first = await readTemplate(deps.db, merchant.id, { kind, version: 0 });
    return { status: 200, body: { versions: [...own, first].map(showTemplate) } };
  },

  async saveCustomerMailTemplate({ deps, identity, merchant, params, body, now }) {
    const words = { subject: body.subject, body: body.body };
    await refuseFaults(deps, merchant.id, { ...words, kind: params.kind });
    const saved = await deps.db.transaction().execute((trx) =>
      saveTemplate(trx, merchant.id, {
        ...{ ...words, kind: params.kind, version: body.version },
        ...{ actor: identity.actor, reason: body.reason, now },
      }),
    );
    if (saved === undefined) {
      throw new Problem('conflict', {
        detail:
          'この文面は別の人が先に変更しました。今回の変更は保存していません。最新の文面を読み直してやり直してください。',
      });
    }
    return { status: 200, body: showTemplate(saved) };
  },

  async previewCustomerMailTemplate({ deps, merchant, params, body }) {
    const newest = await readTemplate(deps.db, merchant.id, { kind: params.kind, version: null });
    const words = { subject: body.subject ?? newest.subject, body: body.body ?? newest.body };
    await refuseFaults(deps, merchant.id, { ...words, kind: params.kind });
    return { status: 200, body: fillTemplate(words, sampleValues) };
  },

  async previewCustomerMail({ deps, merchant, params, now }) {
    const of = { month: params.month, orderNumber: params.order };
    const found = await findCaseForMail(deps.db, merchant.id, of);
    if (found === undefined) throw new Problem('ng-case-not-found');
    const settings = await requireSettings(deps, merchant.id);
    const { contact } = settings.ng;
    const kind = customerMailKind(found);
    const template = await readTemplate(deps.db, merchant.id, { kind, version: null });
    const link = contact.cardPageUrl === null ? null : sampleLink(contact, now);
    const words = writeCustomerMail(template, { ...found, merchant, settings, now, link });
    const { from, replyTo, cc, bcc, enabled } = contact;
    return {
      status: 200,
      body: {
        ...words,
        ...{ kind, templateVersion: template.version, to: found.emails[0] ?? null },
        from: from ?? settings.operatorMail.from,
        ...{ replyTo, cc, bcc, enabled, earliestAt: nextContactAt(now, contact.hours) },
      },
    };
  },

  async verifyCardPageLink({ deps, merchant, body, now }) {
    const { linkSecretName } = (await requireSettings(deps, merchant.id)).ng.contact;
    const secret = await readSecret(deps.db, merchant.id, linkSecretName, deps.fileKeys);
    const of = { merchant: merchant.slug, now };
    const read =
      secret === null
        ? ({ kind: 'forged' } as const)
        : readCardPageLink(body.token, { ...of, secret });
    if (read.kind === 'forged') throw new Problem('link-forged');
    if (read.kind === 'expired') throw new Problem('link-expired');
    const found = await findLinkedMail(deps.db, merchant.id, read.link.id);
    if (found === undefined) throw new Problem('link-forged');
    return { status: 200, body: { ...found, expiresAt: read.link.expiresAt } };
  },
};

async function requireSettings({ db }: ApiDependencies, merchantId: number) {
  const current = await findSettings(db, merchantId);
  if (current === undefined) throw new Problem('settings-not-found');
  return current.settings;
}

/** Words that could not be filled for every case, or that hold a card number, are not kept. */
async function refuseFaults(
  deps: ApiDependencies,
  merchantId: number,
  words: CustomerMailTemplate & { readonly kind: CustomerMailKind },
): Promise<void> {
  const faults = findTemplateFaults(words, words.kind);
  if (faults.length > 0) {
    const errors = faults.map(({ field, message }) => ({ path: `body.${field}`, message }));
    throw new Problem('invalid-fields', { errors });
  }
  const guard = deps.createGuard('secret', await requireSettings(deps, merchantId));
  guard.write(Buffer.from(`${words.subject}\n${words.body}`));
  if (guard.end() === null) return;
  throw new Problem('card-number-found', {
    detail:
      '文面にカード番号と思われる数字があります。何も保存していません。番号を取り除いて送り直してください。',
    errors: [{ path: 'body', message: 'looks like a card number' }],
  });
}

function showTemplate(template: KeptTemplate) {
  const { kind } = template;
  return { ...template, label: labelOf(kind), cardNotice: isCardNotice(kind) };
}

const labels: Readonly<Record<CustomerMailKind, string>> = {
  ...declineLabels,
  carry_over: '翌月へ繰越',
  card_refused: 'カードの通知: 洗替で使用不可',
  card_expiring: 'カードの通知: 有効期限',
};
const labelOf = (kind: CustomerMailKind) => labels[kind];
