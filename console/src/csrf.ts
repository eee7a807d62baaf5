import type { RouteSketch } from '../../api/client/route-sketch.ts';

/**
 * The session stands in a cookie that no script reads; what changes something also carries this
 * token, which no other site's page knows. It lives as long as the page.
 */
let token: string | null = null;

export function keepCsrfToken(csrfToken: string | null): void {
  token = csrfToken;
}

export function sessionHeaders(route: RouteSketch): Readonly<Record<string, string>> {
  return token === null || route.method === 'get' ? {} : { 'x-csrf-token': token };
}
