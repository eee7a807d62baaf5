import { randomUUID } from 'node:crypto';
import type { RouteSample } from './route-samples.ts';

const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;
const user = (path: string) => () => `/v1/users/nobody-of-us${path}`;
const reason = 'walk';
const grant = { role: 'viewer' };
const newPassword = () => randomUUID();

/** Sessions and users. The routes for sessions alone are answered for a person's session. */
export const accessSamples = {
  logIn: {
    path: () => '/v1/session',
    json: (unique: string) => ({ login: `nobody-${unique}`, password: newPassword() }),
    answer: 'login-refused',
  },
  readSession: { path: () => '/v1/session', answer: 200 },
  logOut: { path: () => '/v1/session', answer: 204 },
  logOutEverywhere: { path: () => '/v1/sessions', answer: 200 },
  changePassword: {
    path: () => '/v1/session/password',
    json: () => ({ current: newPassword(), next: newPassword() }),
    answer: 'login-refused',
  },
  listUsers: { path: () => '/v1/users', answer: 200 },
  createUser: {
    path: () => '/v1/users',
    json: (unique: string) => ({
      ...{ login: `walker-${unique}`, name: '巡回', password: newPassword() },
      merchants: [{ merchant: 'own-shop', ...grant }],
    }),
    answer: 201,
  },
  grantEverywhere: {
    path: user('/everywhere'),
    json: () => ({ grant, reason }),
    answer: 'user-not-found',
  },
  resetPassword: {
    path: user('/password'),
    json: () => ({ password: newPassword(), reason }),
    answer: 'user-not-found',
  },
  logOutUser: { path: user('/log-out'), json: () => ({ reason }), answer: 'user-not-found' },
  disableUser: { path: user('/disable'), json: () => ({ reason }), answer: 'user-not-found' },
  enableUser: { path: user('/enable'), json: () => ({ reason }), answer: 'user-not-found' },
  listMerchantUsers: { path: merchant('/users'), answer: 200 },
  grantUser: {
    path: merchant('/users/nobody-of-us'),
    json: () => ({ grant: null, reason }),
    answer: 'user-not-found',
  },
  searchAudit: { path: merchant('/audit-entries?actor=x&from=2026-11-01'), answer: 200 },
  downloadAudit: { path: merchant('/audit-entries.csv'), answer: 200 },
  exportAudit: { path: merchant('/audit-export'), answer: 200 },
  listAuditHeads: { path: merchant('/audit-heads'), answer: 200 },
  exportCommonAudit: { path: () => '/v1/audit-export', answer: 200 },
  listCommonAuditHeads: { path: () => '/v1/audit-heads', answer: 200 },
  decodePayloads: {
    path: () => '/v1/codec/decode',
    json: () => ({ payloads: [] }),
    answer: 200,
  },
} as const satisfies Record<string, RouteSample>;
