import { expect, test } from 'vitest';
import { type Grants, grantAt, highestRole, scopeOf } from '../../billing/grants.ts';
import { type Role, rightsOfTokenRole, roles } from '../../billing/role.ts';

const grant = (role: Role, ...rights: ('exportPersonalData' | 'editSendParameters')[]) => ({
  role,
  rights,
});
const grants = (everywhere: Grants['everywhere'], ...merchants: [number, Role][]): Grants => ({
  everywhere,
  merchants: new Map(merchants.map(([id, role]) => [id, grant(role)])),
});

test('a role reaches the merchants at which it was given, and no other', () => {
  const held = grants(null, [1, 'viewer'], [2, 'approver']);
  expect(grantAt(held, 1)).toEqual(grant('viewer'));
  expect(grantAt(held, 3)).toBeNull();
  expect(scopeOf(held, 'viewer')).toEqual({ all: false, merchantIds: [1, 2] });
  expect(scopeOf(held, 'operator')).toEqual({ all: false, merchantIds: [2] });
  expect(scopeOf(held, 'admin')).toEqual({ all: false, merchantIds: [] });
  expect(highestRole(held)).toBe('approver');
});

test('what holds everywhere and what holds here add up', () => {
  const held: Grants = {
    everywhere: grant('viewer', 'exportPersonalData'),
    merchants: new Map([[1, grant('approver', 'editSendParameters')]]),
  };
  expect(grantAt(held, 1)).toEqual(grant('approver', 'exportPersonalData', 'editSendParameters'));
  expect(grantAt(held, 2)).toEqual(grant('viewer', 'exportPersonalData'));
  expect(scopeOf(held, 'viewer')).toEqual({ all: true });
  // Being let in everywhere as a viewer is no reach for what an approver may.
  expect(scopeOf(held, 'approver')).toEqual({ all: false, merchantIds: [1] });
});

test('nobody may do anything by default', () => {
  const held = grants(null);
  expect(highestRole(held)).toBeNull();
  for (const role of roles) expect(scopeOf(held, role)).toEqual({ all: false, merchantIds: [] });
});

test('a token keeps what its role could do before rights were there', () => {
  expect(roles.map(rightsOfTokenRole)).toEqual([
    [],
    ['exportPersonalData'],
    ['exportPersonalData', 'editSendParameters'],
    ['exportPersonalData', 'editSendParameters'],
  ]);
});
