/** Who may do what, each role including those before it. */
export const roles = ['viewer', 'operator', 'approver', 'admin'] as const;

export type Role = (typeof roles)[number];

export function roleIncludes(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed);
}
