import type { RouteSketch } from '../../api/client/route-sketch.ts';
import type { RouteName } from '../../api/contract.ts';

declare const CONTRACT_ROUTES: Readonly<Record<RouteName, RouteSketch>>;

/** Paths and methods of the contract. The build writes them in (vite.config.ts). */
export const contractRoutes = CONTRACT_ROUTES;
