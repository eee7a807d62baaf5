import { type Grant, type Role, rights, roleIncludes, roles } from './role.ts';

/** What somebody may do where: at every merchant, those of tomorrow too, and at some by their keys. */
export interface Grants {
  readonly everywhere: Grant | null;
  readonly merchants: ReadonlyMap<number, Grant>;
}

/** What a caller may do at one merchant; null = the merchant is none of theirs. */
export function grantAt(grants: Grants, merchantId: number): Grant | null {
  const [everywhere, own] = [grants.everywhere, grants.merchants.get(merchantId)];
  if (everywhere === null || own === undefined) return everywhere ?? own ?? null;
  // Both hold: being let in everywhere takes nothing away from what was given here, nor the other way.
  return {
    role: roleIncludes(own.role, everywhere.role) ? own.role : everywhere.role,
    rights: rights.filter((right) => [...own.rights, ...everywhere.rights].includes(right)),
  };
}

/** The merchants at which a caller has at least this role. */
export type Scope =
  | { readonly all: true }
  | { readonly all: false; readonly merchantIds: readonly number[] };

export function scopeOf(grants: Grants, needed: Role): Scope {
  if (grants.everywhere !== null && roleIncludes(grants.everywhere.role, needed)) {
    return { all: true };
  }
  const merchantIds = [...grants.merchants]
    .filter(([, { role }]) => roleIncludes(role, needed))
    .map(([id]) => id);
  return { all: false, merchantIds };
}

/** The highest role that a caller has anywhere; null = they may do nothing yet. */
export function highestRole({ everywhere, merchants }: Grants): Role | null {
  const held = [everywhere, ...merchants.values()].map((grant) => grant?.role);
  return roles.findLast((role) => held.includes(role)) ?? null;
}

/** Who calls: the holder of a token, or a person in a session. */
export interface Caller {
  readonly kind: 'token' | 'session';
  /** Names the token or session to people: the first 16 hex digits of its hash. */
  readonly id: string;
  /** As the audit names them. */
  readonly actor: string;
  readonly grants: Grants;
}
