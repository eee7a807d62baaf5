import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { contractRoutes } from '../api/client/contract-routes.ts';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  // The paths of the contract, made at each build: no file of them could be stale.
  define: { CONTRACT_ROUTES: JSON.stringify(contractRoutes) },
  build: {
    outDir: 'dist',
    // Which files come with which page, for test/console/bundle.test.ts.
    manifest: true,
    emptyOutDir: true,
    sourcemap: false,
    // Nothing inline: the content security policy lets files of our own run and nothing else.
    assetsInlineLimit: 0,
    // The notices that the bundled packages ask for, where whoever has the bundle finds them.
    license: { fileName: 'licences.md' },
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: {
    // `npx vite console` beside a running `npx tsukigime up`, whose API listens there.
    proxy: { '/v1': 'http://127.0.0.1:8080' },
  },
});
