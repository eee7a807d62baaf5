import { appendAudit } from '../../db/queries/audit.ts';
import {
  deleteEntry,
  listRegister,
  type Register,
  type RegisterChange,
  registerName,
  renameEntry,
} from '../../db/queries/registers.ts';
import { findSettings } from '../../db/queries/settings.ts';
import type { registerRoutes } from '../contract/registers.ts';
import type { Call, Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

type AddCall = Pick<
  Call<typeof registerRoutes.addTag>,
  'deps' | 'identity' | 'merchant' | 'body' | 'now'
>;
type EntryCall = Pick<
  Call<typeof registerRoutes.deleteTag>,
  'deps' | 'identity' | 'merchant' | 'params' | 'now'
>;

export const registerHandlers: Handlers<typeof registerRoutes> = {
  listOccupations: ({ deps, merchant }) => list(deps, merchant.id, 'occupations'),
  addOccupation: (call) => add(call, 'occupations'),
  renameOccupation: (call) => rename(call, call.body.name, 'occupations'),
  deleteOccupation: (call) => remove(call, 'occupations'),
  listTags: ({ deps, merchant }) => list(deps, merchant.id, 'tags'),
  async addTag(call) {
    await refuseSeparator(call, call.body.name);
    return await add(call, 'tags');
  },
  async renameTag(call) {
    await refuseSeparator(call, call.body.name);
    return await rename(call, call.body.name, 'tags');
  },
  deleteTag: (call) => remove(call, 'tags'),
};

async function list(deps: AddCall['deps'], merchantId: number, register: Register) {
  const entries = await listRegister(deps.db, merchantId, register);
  return { status: 200, body: { entries } } as const;
}

/** A tag that holds the sign between tags would be read as two, and found by no import. */
async function refuseSeparator(
  { deps, merchant }: Pick<AddCall, 'deps' | 'merchant'>,
  name: string,
): Promise<void> {
  const found = await findSettings(deps.db, merchant.id);
  const separator = found?.settings.imports.tagSeparator;
  if (separator === undefined || !name.includes(separator)) return;
  throw new Problem('invalid-fields', {
    errors: [{ path: 'body.name', message: `holds ${separator}, which stands between tags` }],
  });
}

async function add({ deps, identity, merchant, body, now }: AddCall, register: Register) {
  const entry = await deps.db.transaction().execute(async (trx) => {
    const added = await registerName(trx, merchant.id, { register, name: body.name });
    await appendAudit(trx, merchant.id, {
      at: now,
      actor: identity.actor,
      act: `${register}.registered`,
      subject: String(added.id),
      reason: null,
      details: { name: added.name },
    });
    return added;
  });
  return { status: 201, body: entry } as const;
}

async function rename(call: EntryCall, name: string, register: Register) {
  const { deps, identity, merchant, params, now } = call;
  await deps.db.transaction().execute(async (trx) => {
    requireChanged(await renameEntry(trx, merchant.id, { register, id: params.id, name }));
    await appendAudit(trx, merchant.id, {
      at: now,
      actor: identity.actor,
      act: `${register}.renamed`,
      subject: String(params.id),
      reason: null,
      details: { name },
    });
  });
  return { status: 204 } as const;
}

async function remove(call: EntryCall, register: Register) {
  const { deps, identity, merchant, params, now } = call;
  await deps.db.transaction().execute(async (trx) => {
    requireChanged(await deleteEntry(trx, merchant.id, { register, id: params.id, now }));
    await appendAudit(trx, merchant.id, {
      at: now,
      actor: identity.actor,
      act: `${register}.deleted`,
      subject: String(params.id),
      reason: null,
      details: {},
    });
  });
  return { status: 204 } as const;
}

function requireChanged(change: RegisterChange): void {
  if (change === 'taken') throw new Problem('entry-exists');
  if (change === 'unknown') throw new Problem('entry-not-found');
}
