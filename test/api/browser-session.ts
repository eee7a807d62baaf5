import { parseSetCookie } from 'cookie';
import type { CallInit, RunningApi } from './running-api.ts';

/** A browser with its cookies, as a page of ours uses it. */
export interface BrowserSession {
  readonly cookies: Map<string, string>;
  /** From the last login; sent with everything but GET. */
  csrfToken: string | undefined;
  call(path: string, init?: CallInit): Promise<Response>;
  logIn(login: string, password: string): Promise<Response>;
}

export function openBrowser(api: Pick<RunningApi, 'call'>): BrowserSession {
  const cookies = new Map<string, string>();
  const browser: BrowserSession = {
    cookies,
    csrfToken: undefined,
    async call(path, init = {}) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const isSafe = ['GET', undefined].includes(init.method);
      const response = await api.call(path, {
        ...init,
        headers: {
          ...(cookie === '' ? {} : { Cookie: cookie }),
          ...(isSafe || browser.csrfToken === undefined
            ? {}
            : { 'X-CSRF-Token': browser.csrfToken }),
          ...(init.headers as Record<string, string> | undefined),
        },
      });
      for (const header of response.headers.getSetCookie()) {
        const { name, value, maxAge } = parseSetCookie(header);
        if (maxAge === 0) cookies.delete(name);
        else cookies.set(name, value ?? '');
      }
      return response;
    },
    async logIn(login, password) {
      const json = { login, password };
      const response = await browser.call('/v1/session', { method: 'POST', json });
      if (response.ok) {
        const session = (await response.clone().json()) as { csrfToken: string };
        browser.csrfToken = session.csrfToken;
      }
      return response;
    },
  };
  return browser;
}
