import { listAllowedHosts, setAllowedHost } from '../../db/queries/allowed-hosts.ts';
import { listSecrets, writeSecret } from '../../db/queries/secrets.ts';
import { findSettings } from '../../db/queries/settings.ts';
import type { secretRoutes } from '../contract/secrets.ts';
import type { Handlers } from '../handler.ts';
import { Problem } from '../problem.ts';

export const secretHandlers: Handlers<typeof secretRoutes> = {
  async listSecrets({ deps, merchant }) {
    return { status: 200, body: { secrets: await listSecrets(deps.db, merchant.id) } };
  },

  async setSecret({ deps, identity, merchant, params, body, now }) {
    const settings = (await findSettings(deps.db, merchant.id))?.settings;
    if (settings === undefined) throw new Problem('settings-not-found');
    const guard = deps.createGuard('secret', settings);
    guard.write(Buffer.from(body.value));
    if (guard.end() !== null) {
      throw new Problem('card-number-found', {
        detail:
          '値にカード番号と思われる数字があります。何も保存していません。カード番号は登録できません。',
        errors: [{ path: 'body.value', message: 'looks like a card number' }],
      });
    }
    const secret = { name: params.name, value: body.value, now, actor: identity.actor };
    return {
      status: 200,
      body: await writeSecret(deps.db, merchant.id, secret, deps.fileKeys),
    };
  },

  async listAllowedHosts({ deps, merchant }) {
    return { status: 200, body: { hosts: await listAllowedHosts(deps.db, merchant.id) } };
  },

  async setAllowedHost({ deps, identity, merchant, params, body, now }) {
    const decision = { host: params.host, ...body, now, actor: identity.actor };
    return { status: 200, body: await setAllowedHost(deps.db, merchant.id, decision) };
  },
};
