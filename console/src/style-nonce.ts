/**
 * The nonce that lets Mantine and its scroll lock add their style elements: the server writes a new
 * one into each page it sends (api/serve-console.ts). Under `vite` there is no policy to satisfy.
 */
export function styleNonce(): string {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]');
  return meta?.content ?? '';
}

// The scroll lock of dialogs looks for it under this name.
Object.assign(globalThis, { __webpack_nonce__: styleNonce() });
