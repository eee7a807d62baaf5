/** Who may do what, each role including those before it. */
export const roles = ['viewer', 'operator', 'approver', 'admin'] as const;

export type Role = (typeof roles)[number];

export function roleIncludes(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed);
}

/**
 * Two rights of their own, which no role brings along for a person: taking personal data out as CSV,
 * and changing what is sent to a shop in a carrier's name.
 */
export const rights = ['exportPersonalData', 'editSendParameters'] as const;

export type Right = (typeof rights)[number];

/** What somebody may do at a merchant. */
export interface Grant {
  readonly role: Role;
  readonly rights: readonly Right[];
}

/**
 * The rights of a token of which nobody said any: what its role could do before rights were there, so
 * that no program stops working.
 */
export function rightsOfTokenRole(role: Role): Right[] {
  return [
    ...(roleIncludes(role, 'operator') ? (['exportPersonalData'] as const) : []),
    ...(roleIncludes(role, 'approver') ? (['editSendParameters'] as const) : []),
  ];
}
