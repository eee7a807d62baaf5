import type { RequestHandler } from 'express';

/** CORS for pages of one origin, with the session's cookie; without one, for none. */
export function allowPages(origin: string | undefined): RequestHandler {
  return (request, response, next) => {
    response.vary('Origin');
    const isAllowed = origin !== undefined && request.get('Origin') === origin;
    if (isAllowed) {
      response.set({
        'Access-Control-Allow-Origin': origin,
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': 'authorization,content-type,x-namespace',
        // helmet's same-origin would hide the answer from the very page that may read it.
        'Cross-Origin-Resource-Policy': 'cross-origin',
      });
    }
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response.locals.route = request.baseUrl;
    response.status(isAllowed ? 204 : 403).end();
  };
}
