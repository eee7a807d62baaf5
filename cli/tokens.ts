import { newTokenSchema, tokenIdSchema } from '../api/contract/tokens.ts';
import { findMerchant } from '../db/queries/merchants.ts';
import { createToken, listTokens, revokeToken, type TokenScope } from '../db/queries/tokens.ts';
import { type RecordAccess, UsageError, withRecord } from './record-access.ts';

export interface TokenCreateCommand {
  readonly actor: string;
  readonly role: string;
  readonly merchant?: readonly string[];
  readonly allMerchants?: boolean;
  readonly right?: readonly string[];
  /** False: neither right. */
  readonly rights?: boolean;
  readonly days?: number;
  readonly json?: boolean;
}

const dayMs = 86_400_000;

/** `tsukigime token create`: the secret goes to standard output once, everything else to stderr. */
export async function runTokenCreate(command: TokenCreateCommand): Promise<number> {
  return await withRecord(async (access) => {
    if ((command.merchant === undefined) === (command.allMerchants === undefined)) {
      throw new UsageError('Give either --all-merchants or --merchant <slug>, once for each.');
    }
    const wanted = newTokenSchema.safeParse({
      actor: command.actor,
      role: command.role,
      rights: command.right ?? (command.rights === false ? [] : undefined),
      merchants: command.merchant ?? 'all',
      expiresInDays: command.days ?? 365,
    });
    if (!wanted.success) throw new UsageError(describeIssues(wanted.error.issues));
    const { actor, role, rights, merchants, expiresInDays } = wanted.data;
    const expiresAt = new Date(
      Date.parse(access.now) + (expiresInDays ?? 365) * dayMs,
    ).toISOString();
    const made = await createToken(access.db, {
      actor,
      role,
      ...(rights === undefined ? {} : { rights }),
      scope: await readScope(access, merchants),
      expiresAt,
      now: access.now,
      createdBy: access.actor,
    });
    if (command.json) {
      console.log(JSON.stringify({ ...made, expiresAt }));
      return;
    }
    console.error(`Token ${made.tokenId} for ${actor} (${role}), until ${expiresAt}.`);
    console.error('This is the only time that it is shown; keep it like a password:');
    console.log(made.token);
  });
}

export async function runTokenList(command: { readonly json?: boolean }): Promise<number> {
  return await withRecord(async ({ db, now }) => {
    const tokens = await listTokens(db, { all: true });
    if (command.json) {
      console.log(JSON.stringify({ tokens }, null, 2));
      return;
    }
    for (const token of tokens) {
      const scope = token.allMerchants ? 'all merchants' : token.merchants.join(', ');
      console.log(
        `${token.tokenId}  ${token.role.padEnd(8)}  ${tokenState(token, now)}  ${token.actor}  (${scope})`,
      );
    }
    if (tokens.length === 0) console.error('No token was made yet: `tsukigime token create`.');
  });
}

export async function runTokenRevoke(command: {
  readonly id: string;
  readonly reason?: string;
}): Promise<number> {
  return await withRecord(async ({ db, actor, now }) => {
    const id = tokenIdSchema.safeParse(command.id);
    if (!id.success) throw new UsageError('--id is the 16 hex digits that `token list` shows.');
    const revoked = await revokeToken(db, {
      tokenId: id.data,
      scope: { all: true },
      actor,
      reason: command.reason ?? null,
      now,
    });
    if (!revoked) throw new UsageError(`There is no token ${id.data}: see \`token list\`.`);
    console.log(`Token ${id.data} is revoked.`);
  });
}

async function readScope(
  { db }: RecordAccess,
  merchants: 'all' | readonly string[],
): Promise<TokenScope> {
  if (merchants === 'all') return { all: true };
  const merchantIds: number[] = [];
  for (const slug of new Set(merchants)) {
    const merchant = await findMerchant(db, slug);
    if (merchant === undefined) throw new UsageError(`There is no merchant ${slug}.`);
    merchantIds.push(merchant.id);
  }
  return { all: false, merchantIds };
}

function tokenState(
  token: { readonly revokedAt: string | null; readonly expiresAt: string | null },
  now: string,
): string {
  if (token.revokedAt !== null) return 'revoked';
  if (token.expiresAt === null) return 'for ever';
  const until = token.expiresAt.slice(0, 10);
  return Date.parse(token.expiresAt) <= Date.parse(now) ? `expired ${until}` : `until ${until}`;
}

function describeIssues(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  return issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n');
}
