// Must be there before the library, which decorates its classes with it.
import 'reflect-metadata';
import { createPrivateKey, KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { writeFileDurably } from './journal.ts';

/** PEM texts. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The simulated Paygent's own certificate authority: made here, trusted by nobody else. */
export interface Authority {
  /** PEM. */
  readonly cert: string;
  /** For the server on loopback. */
  issueServer(): Promise<IssuedCertificate>;
  /** For a merchant, who is named as the certificate's common name. */
  issueClient(merchantId: string): Promise<IssuedCertificate>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
// The sandbox looks at no clock, and TLS at the real one: valid whenever it is played with.
const validity = {
  notBefore: new Date('2020-01-01T00:00:00Z'),
  notAfter: new Date('2120-01-01T00:00:00Z'),
};

/** Opens the authority that a file keeps, or founds it there. */
export async function openAuthority(path: string): Promise<Authority> {
  if (!existsSync(path)) writeFileDurably(path, Buffer.from(JSON.stringify(await found())));
  const kept = JSON.parse(readFileSync(path, 'utf8')) as IssuedCertificate;
  const issuer = new X509Certificate(kept.cert).subject;
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    createPrivateKey(kept.key).export({ type: 'pkcs8', format: 'der' }),
    algorithm,
    false,
    ['sign'],
  );
  async function issue(subject: string, use: ExtendedKeyUsage): Promise<IssuedCertificate> {
    const keys = await makeKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      subject,
      issuer,
      ...validity,
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [
        new ExtendedKeyUsageExtension([use]),
        ...(use === ExtendedKeyUsage.serverAuth ? [loopbackNames()] : []),
      ],
    });
    return { cert: certificate.toString('pem'), key: writeKey(keys) };
  }
  return {
    cert: kept.cert,
    issueServer: () => issue('CN=localhost', ExtendedKeyUsage.serverAuth),
    issueClient: (merchantId) => issue(`CN=${merchantId}`, ExtendedKeyUsage.clientAuth),
  };
}

async function found(): Promise<IssuedCertificate> {
  const keys = await makeKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: 'CN=Sandbox Paygent CA',
    ...validity,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  return { cert: certificate.toString('pem'), key: writeKey(keys) };
}

const makeKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

const serialNumber = () => randomBytes(16).toString('hex');

const loopbackNames = () =>
  new SubjectAlternativeNameExtension([
    { type: 'ip', value: '127.0.0.1' },
    { type: 'dns', value: 'localhost' },
  ]);

const writeKey = ({ privateKey }: webcrypto.CryptoKeyPair): string =>
  KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
