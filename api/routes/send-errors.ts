import { businessDateOf } from '../../billing/business-date.ts';
import {
  confirmationKinds,
  SERVICE_CHECKED,
  type SendErrorChoice,
  tooOldHindrance,
  writeConfirmation,
} from '../../billing/send-error-confirmation.ts';
import {
  initialSendErrorFilter,
  oldestSendErrorDate,
  planSendErrorSearch,
  selectableSendErrorMonths,
} from '../../billing/send-error-search.ts';
import { storeFile } from '../../db/queries/files.ts';
import { searchSendErrors } from '../../db/queries/send-errors.ts';
import { findSettings } from '../../db/queries/settings.ts';
import { actOnSendErrors } from '../../workflows/messages.ts';
import { requireRight } from '../authentication.ts';
import type { sendErrorRoutes } from '../contract/send-errors.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';
import {
  columnOf,
  copyOf,
  describeResends,
  readRows,
  readStoredPage,
  refuseHindered,
  showPage,
} from '../send-error-page.ts';
import { tellDeliveryDesk } from '../tell-delivery-desk.ts';

/** A confirm page of 1,000 rows with every value as long as may be stays below it. */
const MOST_PAGE_BYTES = 64 * 1024 * 1024;

export const sendErrorHandlers: Handlers<typeof sendErrorRoutes> = {
  async readSendErrorForm({ deps, merchant, now }) {
    const ipCodes = await readIpCodes(deps, merchant.id);
    const { ipCodes: chosen, ...initial } = initialSendErrorFilter(ipCodes);
    return {
      status: 200,
      body: {
        initial: { ...initial, ipCodes: [...chosen] },
        ipCodes: [...ipCodes],
        months: selectableSendErrorMonths(now),
        oldestDate: oldestSendErrorDate(now),
        today: businessDateOf(now),
      },
    };
  },

  async searchSendErrors({ deps, merchant, body, now }) {
    const { filter, before, limit } = body;
    const ipCodes = await readIpCodes(deps, merchant.id);
    const plan = planSendErrorSearch(filter, ipCodes, now);
    if (plan.kind === 'refused') {
      throw new Problem('invalid-fields', {
        detail: plan.findings.map(({ message }) => message).join(''),
        errors: plan.findings.map(({ field, message }) => ({
          path: `body.filter.${field}`,
          message,
        })),
      });
    }
    const found = await searchSendErrors(deps.db, merchant.id, {
      search: plan.search,
      before,
      limit: limit + 1,
    });
    const page = found.slice(0, limit);
    return {
      status: 200,
      body: {
        mode: filter.mode,
        sendErrors: page.map(({ parameters, edited, ...row }) => ({
          ...row,
          CGISendErr: columnOf(row.act !== null),
          parameters: copyOf(parameters),
          edited: edited && copyOf(edited),
        })),
        nextBefore: found.length > limit ? (page.at(-1)?.id ?? null) : null,
      },
    };
  },

  async confirmSendErrors({ deps, state, identity, merchant, body, now }) {
    const choices: SendErrorChoice[] =
      body.mode === 'bulk'
        ? body.sendErrors.map((sendError) => ({ sendError, act: body.act, parameters: null }))
        : body.rows.map(({ parameters = null, ...row }) => ({ ...row, parameters }));
    const isEdited = choices.some(({ parameters }) => parameters !== null);
    if (isEdited) {
      requireRight(identity, 'editSendParameters');
      if (await holdsCardNumber(deps, merchant.id, choices)) {
        state.metrics.refusedFiles.inc({ reason: 'card' });
        throw new Problem('card-number-found', {
          detail:
            '修正した送信データにカード番号と思われる数字があります。何も保存していません。番号を取り除いてください。',
        });
      }
    }
    const page = { mode: body.mode, rows: await readRows(deps, merchant.id, choices) };
    refuseHindered(page, now);
    const stored = await storeFile(deps.db, merchant.id, {
      name: 'send-errors.json',
      kind: isEdited ? confirmationKinds.edited : confirmationKinds.plain,
      direction: 'outbound',
      source: once(Buffer.from(writeConfirmation(page))),
      keys: deps.fileKeys,
      maxBytes: MOST_PAGE_BYTES,
      actor: identity.actor,
      now,
    });
    return { status: 200, body: showPage(stored.sha256, page) };
  },

  async readSendErrorConfirmation({ deps, merchant, params }) {
    const { mode, choices } = await readStoredPage(deps, merchant.id, params.confirmation);
    const rows = await readRows(deps, merchant.id, choices);
    return { status: 200, body: showPage(params.confirmation, { mode, rows }) };
  },

  async sendSendErrors({ deps, identity, merchant, body, idempotencyKey }) {
    const { kind, choices } = await readStoredPage(deps, merchant.id, body.confirmation);
    if (kind === confirmationKinds.edited) requireRight(identity, 'editSendParameters');
    const sends = choices.some(({ act }) => act === 'resend');
    if (sends && !body.checked) {
      throw new Problem('invalid-fields', {
        detail: `「${SERVICE_CHECKED}」にチェックしてください。何も送信していません。`,
        errors: [{ path: 'body.checked', message: 'must be true before anything is sent again' }],
      });
    }
    const told = await tellDeliveryDesk(deps, merchant, {
      // The desk of the first: it acts on the rows of all endpoints, in one transaction.
      endpoint: (choices.find(({ act }) => act === 'resend') ?? choices[0])?.endpoint ?? '',
      location: `/v1/merchants/${merchant.slug}/send-errors/confirmations/${body.confirmation}`,
      update: actOnSendErrors,
      act: {
        actor: identity.actor,
        idempotencyKey,
        reason: [...(sends ? [SERVICE_CHECKED] : []), body.reason ?? ''].join(' ').trim() || null,
        confirmation: body.confirmation,
      },
    });
    if (told.status === 202) return told;
    const { resent, settled, tooOld } = told.body;
    const endpointOf = new Map(choices.map(({ sendError, endpoint }) => [sendError, endpoint]));
    const endpoints = new Set(resent.flatMap((id) => endpointOf.get(id) ?? []));
    const sentences = await describeResends(deps, merchant.id, endpoints);
    return {
      status: 200,
      body: {
        rows: [
          ...resent.map((id) => done(id, 'resent', sentences.get(endpointOf.get(id) ?? '') ?? '')),
          ...settled.map((id) => done(id, 'settled', '処理済にしました。送信していません。')),
          ...tooOld.map((id) => done(id, 'too_old', tooOldHindrance.message)),
        ],
      },
    };
  },
};

async function holdsCardNumber(
  deps: ApiDependencies,
  merchantId: number,
  choices: readonly SendErrorChoice[],
): Promise<boolean> {
  const settings = (await findSettings(deps.db, merchantId))?.settings;
  if (settings === undefined) throw new Problem('settings-not-found');
  const values = choices.flatMap(({ parameters }) => parameters ?? []).map(([, value]) => value);
  return values.some((value) => {
    const guard = deps.createGuard(confirmationKinds.edited, settings);
    guard.write(Buffer.from(value));
    return guard.end() !== null;
  });
}

function done(sendError: string, result: 'resent' | 'settled' | 'too_old', message: string) {
  return { sendError, result, CGISendErr: columnOf(result !== 'too_old'), message };
}

async function readIpCodes(deps: ApiDependencies, merchantId: number): Promise<readonly string[]> {
  const current = await findSettings(deps.db, merchantId);
  if (current === undefined) throw new Problem('settings-not-found');
  return current.settings.carrier.ipCodes;
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes;
}
