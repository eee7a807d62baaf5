import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface Authority extends Certificate {
  /** A certificate of this authority for a host or, with `client`, for whoever connects. */
  issue(name: string, use?: 'server' | 'client'): Certificate;
}

/** A certificate authority that lives as long as a test; made by openssl, keys never in the tree. */
export function makeAuthority(): Authority {
  const ca = inFolder((openssl) => {
    openssl(
      'req',
      '-x509',
      ...newKey('ca'),
      '-out',
      'ca.pem',
      '-days',
      '2',
      '-subj',
      '/CN=Test CA',
    );
    return ['ca.pem', 'ca.key'];
  });
  return {
    ...ca,
    issue: (name, use = 'server') =>
      inFolder((openssl, write) => {
        write('ca.pem', ca.cert);
        write('ca.key', ca.key);
        const alternative = /^[0-9.:]+$/.test(name) ? `IP:${name}` : `DNS:${name}`;
        write('ext', `subjectAltName=${alternative}\nextendedKeyUsage=${use}Auth\n`);
        openssl('req', '-new', ...newKey('own'), '-out', 'own.csr', '-subj', `/CN=${name}`);
        const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'ext'];
        openssl('x509', '-req', '-in', 'own.csr', ...by, '-out', 'own.pem', '-days', '2');
        return ['own.pem', 'own.key'];
      }),
  };
}

/** The same identity under a passphrase: its key as PEM, and both as PKCS#12. */
export function lock({ cert, key }: Certificate, passphrase: string) {
  const folder = mkdtempSync(join(tmpdir(), 'tsukigime-lock-'));
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  try {
    writeFileSync(join(folder, 'own.pem'), `${cert}${key}`);
    const out = ['-passout', `pass:${passphrase}`, '-out'];
    openssl('pkcs12', '-export', '-in', 'own.pem', ...out, 'own.pfx');
    openssl('pkey', '-in', 'own.pem', '-aes256', ...out, 'own.key');
    const read = (name: string) => readFileSync(join(folder, name));
    return { pfx: read('own.pfx'), key: read('own.key').toString() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const newKey = (name: string) => [
  '-newkey',
  'ec',
  '-pkeyopt',
  'ec_paramgen_curve:P-256',
  '-nodes',
  '-keyout',
  `${name}.key`,
];

function inFolder(
  make: (
    openssl: (...args: string[]) => void,
    write: (name: string, text: string) => void,
  ) => [cert: string, key: string],
): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'tsukigime-ca-'));
  try {
    const [cert, key] = make(
      (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' }),
      (name, text) => writeFileSync(join(folder, name), text),
    );
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    return { cert: read(cert), key: read(key) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
