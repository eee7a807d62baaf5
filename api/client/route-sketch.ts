import type { RouteContract } from '../contract/route.ts';

/** What a caller must know of a route at run time. Everything else about it is types. */
export interface RouteSketch {
  readonly method: RouteContract['method'];
  readonly path: string;
  /** An act that is safe to repeat: it carries a key. */
  readonly keyed: boolean;
}

/**
 * The contract without its schemas, so that a browser loads paths and methods and no validator. The
 * console’s build calls it by contract-routes.ts; what it makes is never kept in a file.
 */
export function sketchRoutes<Name extends string>(
  routes: Readonly<Record<Name, RouteContract>>,
): Record<Name, RouteSketch> {
  const entries = Object.entries<RouteContract>(routes).map(([name, route]) => [
    name,
    { method: route.method, path: route.path, keyed: route.idempotencyKey === 'required' },
  ]);
  return Object.fromEntries(entries) as Record<Name, RouteSketch>;
}
