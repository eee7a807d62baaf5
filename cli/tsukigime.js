#!/usr/bin/env node
// The command runs the TypeScript sources as they are: tsx strips the types in this process, so
// there is no build that could be stale.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
