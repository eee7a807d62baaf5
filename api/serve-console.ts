import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import express, { type RequestHandler, Router } from 'express';
import helmet from 'helmet';

/** What Vite's hashed files are named like: they never change under their name. */
const hashedAsset = /-[\w-]{8,}\.\w+$/;
const assetAge = 'public, max-age=31536000, immutable';

/**
 * The built console: its files, and its page for every address that a person opens. What a program
 * asks for and is not there stays a problem in JSON.
 *
 * @param folder as `npm run console:build` writes it
 */
export function serveConsole(folder: string): Router {
  const router = Router();
  router.use(
    express.static(folder, {
      index: false,
      redirect: false,
      fallthrough: true,
      setHeaders: (response, path) => {
        response.set('Cache-Control', hashedAsset.test(path) ? assetAge : 'no-cache');
        if (path.endsWith('index.html')) response.set('Cache-Control', 'no-store');
      },
    }),
  );
  router.get('/{*address}', servePage(join(folder, 'index.html')));
  return router;
}

/** A page of its own nonce each time: the only styles that run are our files' and those that bear it. */
function servePage(file: string): RequestHandler {
  return async (request, response, next) => {
    // A browser asks for pages by name; `*/*` is a program, which wants to know that there is none.
    const wantsPage = request.accepts(['json', 'html']) === 'html';
    if (!wantsPage || request.path.startsWith('/v1/')) return next();
    const page = await readFile(file, 'utf8').catch(() => null);
    if (page === null) return next();
    const nonce = randomBytes(16).toString('base64');
    protect(nonce)(request, response, () => {
      response
        .set('Cache-Control', 'no-cache')
        .type('html')
        .send(page.replaceAll('__NONCE__', nonce));
    });
  };
}

function protect(nonce: string): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", `'nonce-${nonce}'`],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'same-origin' },
  });
}
