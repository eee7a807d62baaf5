import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { Config, EncryptionKey } from '../config.ts';
import type { Finding } from './inspection.ts';
import { readSecrets } from './secrets.ts';

export const fine = (part: string, text: string, remedy?: string): Finding => ({
  ...{ part, ok: true, text },
  ...(remedy === undefined ? {} : { remedy }),
});

export const problem = (part: string, text: string, remedy: string): Finding => ({
  ...{ part, ok: false, text, remedy },
});

/** What the environment of a production worker and API must say. */
export function checkProductionSettings(config: Config): Finding[] {
  return [
    checkGiven(config),
    ...checkProductionKeys(config),
    checkSmtp(config),
    checkSandboxSmtp(config),
    ...checkConsoleUrl(config),
  ];
}

function checkGiven({ databaseUrlApp, temporalAddress }: Config): Finding {
  const missing = [
    ...(databaseUrlApp === undefined ? ['TSUKIGIME_DATABASE_URL_APP'] : []),
    ...(temporalAddress === undefined ? ['TEMPORAL_ADDRESS'] : []),
  ];
  return missing.length === 0
    ? fine('Servers', 'given by the environment')
    : problem(
        'Servers',
        `${missing.join(' and ')} not set: the embedded servers are for one machine and for trying`,
        'Run Postgres and Temporal as services of their own (docs/operations.md) and set their addresses.',
      );
}

const newKeys = 'Make them with `npx tsukigime keys new`, and keep them apart from the backups.';

function checkProductionKeys(config: Config): Finding[] {
  const made = readSecrets(config.dataDir);
  const bytes = (keys: readonly EncryptionKey[] = []) => keys.map((key) => hex(key.bytes));
  const demo = new Set([...bytes(made?.payloadKeys), ...bytes(made?.fileKeys)]);
  const payload = bytes(config.payloadKeys);
  const file = bytes(config.fileKeys);
  const variables = [
    ['TSUKIGIME_PAYLOAD_KEYS', payload],
    ['TSUKIGIME_FILE_KEYS', file],
  ] as const;
  const findings = variables.map(([name, keys]) => {
    const [newest] = keys;
    if (newest === undefined) return problem(name, 'not set', newKeys);
    if (demo.has(newest)) return problem(name, 'a key that `tsukigime up` made up', newKeys);
    if (/^(..)\1{31}$/.test(newest)) return problem(name, 'a key of one byte repeated', newKeys);
    return fine(name, `${keys.length} of our own`);
  });
  const shared = payload.some((key) => file.includes(key));
  return shared
    ? [...findings, problem('Keys', 'one key for payloads and for files', newKeys)]
    : findings;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

function checkSmtp({ smtpUrl, smtpFrom }: Config): Finding {
  const missing = [
    ...(smtpUrl === undefined ? ['SMTP_URL'] : []),
    ...(smtpFrom === undefined ? ['SMTP_FROM'] : []),
  ];
  return missing.length === 0
    ? fine('Mail settings', 'SMTP_URL and SMTP_FROM are set')
    : problem(
        'Mail settings',
        `${missing.join(' and ')} not set: mails to operators and customers stay in the outbox`,
        'Set them to the mail server that may send in your name (docs/mail.md).',
      );
}

function checkSandboxSmtp({ sandboxSmtpUrl }: Config): Finding {
  return sandboxSmtpUrl === undefined
    ? fine('Sandbox mail', 'none')
    : problem('Sandbox mail', 'TSUKIGIME_SANDBOX_SMTP_URL is set', 'Unset it in production.');
}

function checkConsoleUrl({ consoleUrl, trustedProxies }: Config): Finding[] {
  if (consoleUrl === undefined) {
    const remedy = 'Set it to the address of the console, https://…: mails and notices link to it.';
    return [problem('Console', 'TSUKIGIME_CONSOLE_URL is not set', remedy)];
  }
  const shown = new URL(consoleUrl).origin;
  if (!consoleUrl.startsWith('https://')) {
    return [
      problem('Console', `${shown}: passwords and sessions would travel readable`, frontWithTls),
    ];
  }
  return [
    fine('Console', shown),
    trustedProxies > 0
      ? fine('Cookies', 'secure; the word of the proxy in front is believed')
      : problem(
          'Cookies',
          'API_TRUSTED_PROXIES is 0: the API takes no proxy’s word that a request came over TLS, and ' +
            'all people share one address in its rate limits',
          'Set API_TRUSTED_PROXIES to the number of reverse proxies in front of the API.',
        ),
  ];
}

const frontWithTls = 'Put a reverse proxy with TLS in front of the API and name its https address.';

/** Between us and an address: nothing but this machine, one attached network, or more. */
export type Distance = 'machine' | 'attached' | 'remote';

/** @throws when no address is known for the host. */
export async function measureDistance(host: string): Promise<Distance> {
  const name = host.replace(/^\[(.*)\]$/, '$1');
  const addresses = ipaddr.isValid(name)
    ? [name]
    : (await lookup(name, { all: true })).map(({ address }) => address);
  const distances = addresses.map(distanceOf);
  if (distances.includes('remote')) return 'remote';
  return distances.includes('attached') ? 'attached' : 'machine';
}

function distanceOf(text: string): Distance {
  const address = ipaddr.process(text);
  if (address.range() === 'loopback') return 'machine';
  const subnets = Object.values(networkInterfaces())
    .flat()
    .flatMap((each) => (each?.cidr ? [ipaddr.parseCIDR(each.cidr)] : []));
  const attached = subnets.some(
    ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
  );
  return attached && ['private', 'uniqueLocal'].includes(address.range()) ? 'attached' : 'remote';
}

/**
 * Says whether a connection is encrypted where it must be.
 * @param encrypted whether it is
 */
export function judgeTransport(
  part: string,
  { distance, encrypted }: { readonly distance: Distance; readonly encrypted: boolean },
  remedy: string,
): Finding {
  if (encrypted) return fine(part, 'TLS');
  if (distance === 'machine') return fine(part, 'no TLS, and it stays on this machine');
  if (distance === 'attached') {
    const text = 'no TLS on a private network that this machine is attached to';
    return fine(part, text, `Between containers of one host that is enough; else: ${remedy}`);
  }
  return problem(part, 'no TLS, and it leaves this machine', remedy);
}
