import { contract } from '../contract.ts';
import { sketchRoutes } from './route-sketch.ts';

/** For programs of Node, and for the console's build: a browser that imported it would load zod. */
export const contractRoutes = sketchRoutes(contract);
