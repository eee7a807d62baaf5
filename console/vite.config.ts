import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { sketchRoutes } from '../api/client/route-sketch.ts';
import { contract } from '../api/contract.ts';

/** The paths of the contract as a module: made at each build, so that none can be stale. */
function contractRoutes(): Plugin {
  const name = 'virtual:contract-routes';
  return {
    name: 'contract-routes',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) =>
      id === `\0${name}`
        ? `export const contractRoutes = ${JSON.stringify(sketchRoutes(contract))};`
        : undefined,
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), contractRoutes()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // The browser story and error reports read the built code.
    sourcemap: false,
    // Nothing inline: the content security policy lets files of our own run and nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: {
    // `npx vite console` beside a running `npx tsukigime up`, whose API listens there.
    proxy: { '/v1': 'http://127.0.0.1:8080' },
  },
});
