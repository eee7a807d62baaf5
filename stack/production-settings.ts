import { userInfo } from 'node:os';
import type { Config, EncryptionKey } from '../config.ts';
import { type Finding, fine, note, problem } from './finding.ts';
import { readSecrets } from './secrets.ts';

/** What the environment of a production worker and API must say. */
export function checkProductionSettings(config: Config): Finding[] {
  return [
    checkGiven(config),
    ...checkProductionKeys(config),
    checkSmtp(config),
    checkSandboxSmtp(config),
    ...checkConsoleUrl(config),
    checkActor(config),
  ];
}

/** Logins that say nothing of who uses them. */
const sharedLogins: ReadonlySet<string> = new Set(['root', 'node', 'ubuntu', 'ec2-user', 'admin']);

/** @param login of the machine */
export function checkActor(
  { actor }: Pick<Config, 'actor'>,
  login: string = userInfo().username,
): Finding {
  const part = 'Audit of commands';
  if (actor !== undefined) return fine(part, `names cli:${actor}`);
  if (!sharedLogins.has(login)) return fine(part, `names cli:${login}, the login of the machine`);
  return note(
    part,
    `names cli:${login} whoever types`,
    'Give each command its person: `docker compose exec --env TSUKIGIME_ACTOR=hanako api …`.',
  );
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
    return [problem('Console address', 'TSUKIGIME_CONSOLE_URL is not set', remedy)];
  }
  const shown = new URL(consoleUrl).origin;
  if (!consoleUrl.startsWith('https://')) {
    return [
      problem(
        'Console address',
        `${shown}: passwords and sessions would travel readable`,
        frontWithTls,
      ),
    ];
  }
  return [
    fine('Console address', shown),
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
