import type { consoleRoutes } from '../contract/console.ts';
import type { Handlers } from '../handler.ts';

export const consoleHandlers: Handlers<typeof consoleRoutes> = {
  async readConsole({ deps }) {
    const { namespace } = deps.temporal.options;
    const origin = deps.temporalUiOrigin;
    const temporalUi = origin === undefined ? null : `${origin}/namespaces/${namespace}`;
    return { status: 200, body: { temporalUi } };
  },
};
