import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { access, constants, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Config, checkoutDir, inheritedEnvironment } from '../config.ts';
import { OutsideError } from '../outside/outside-error.ts';
import { openSmtpSession, readSmtpUrl } from '../outside/smtp.ts';
import { type Finding, fine, problem, reasonOf } from './finding.ts';
import { embeddedPostgresVersion } from './postgres-programs.ts';
import type { RunningStackInfo } from './running-stack.ts';
import { secretsPath } from './secrets.ts';
import { findInstalledTemporalCli, type TemporalCli } from './temporal-cli.ts';

/** A million-order month needs some 2 GB with its files and WAL. */
const neededDiskBytes = 3 * 1024 ** 3;
const oldestNode = { major: 20, minor: 19 };
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough =
    major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor);
  return enough
    ? fine('Node', version)
    : problem('Node', version, `Install Node ${oldestNode.major}.${oldestNode.minor} or later.`);
}

export function checkKeys(config: Config, running: RunningStackInfo): Finding[] {
  const lists = [
    ['Payload keys', running.payloadKeys, 'TSUKIGIME_PAYLOAD_KEYS'],
    ['File keys', running.fileKeys, 'TSUKIGIME_FILE_KEYS'],
  ] as const;
  const findings = lists.map(([part, keys, variable]) =>
    keys
      ? fine(part, keys.map((key) => key.id).join(', '))
      : problem(part, 'none', `Set ${variable}, or let \`npx tsukigime up\` make them.`),
  );
  const path = secretsPath(config.dataDir);
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0o600;
  if ((mode & 0o077) !== 0) {
    findings.push(problem('Secrets', `${path} can be read by others`, `chmod 600 ${path}`));
  }
  return findings;
}

export async function checkDisk(dataDir: string): Promise<Finding> {
  let dir = dataDir;
  while (!existsSync(dir)) dir = dirname(dir);
  const { bavail, bsize } = await statfs(dir);
  const text = `${((Number(bavail) * Number(bsize)) / 1024 ** 3).toFixed(1)} GB free at ${dir}`;
  return Number(bavail) * Number(bsize) >= neededDiskBytes
    ? fine('Disk', text)
    : problem('Disk', text, 'Free 3 GB there, or point TSUKIGIME_DATA_DIR elsewhere.');
}

export async function checkPostgresPrograms(): Promise<Finding> {
  try {
    return fine('Embedded Postgres', await embeddedPostgresVersion());
  } catch (error) {
    return problem('Embedded Postgres', reasonOf(error), 'Run `npm install`, or set DATABASE_URL.');
  }
}

export async function checkTemporalCli(config: Config): Promise<Finding[]> {
  const part = 'Temporal CLI';
  const env = inheritedEnvironment();
  let cli: TemporalCli | undefined;
  try {
    ({ cli } = await findInstalledTemporalCli({
      given: config.temporalCli,
      cacheDir: config.cacheDir,
      env,
    }));
  } catch (error) {
    return [problem(part, reasonOf(error), 'Correct TEMPORAL_CLI or unset it.')];
  }
  if (cli) return [fine(part, `${cli.version} (${cli.source}: ${cli.path})`)];
  const python = await checkPython(env);
  // Not a problem by itself: `up` installs it, with the internet or with Python and a package index.
  const text = 'not installed yet; `tsukigime up` installs it';
  return [python.ok ? fine(part, text) : problem(part, text, python.remedy ?? ''), python];
}

async function checkPython(env: Record<string, string>): Promise<Finding> {
  try {
    const script = 'import ensurepip, venv, sys; print(sys.version.split()[0])';
    const { stdout } = await promisify(execFile)('python3', ['-c', script], { env });
    return fine('Python', stdout.trim());
  } catch {
    return problem(
      'Python',
      'no Python 3 with venv',
      'Install it (`apt-get install python3 python3-venv`), or the Temporal CLI itself ' +
        '(https://docs.temporal.io/cli/setup-cli), or set TEMPORAL_ADDRESS.',
    );
  }
}

/** Whether the mail server of real merchants lets us in; nothing is sent. */
export async function checkSmtp({ smtpUrl, smtpFrom }: Config): Promise<Finding> {
  const part = 'Mail server';
  if (smtpUrl === undefined) return fine(part, 'none (SMTP_URL): mails of real merchants wait');
  const server = readSmtpUrl(smtpUrl);
  const place = `${server.host}:${server.port}`;
  try {
    const session = await openSmtpSession(server, { connectMs: 5_000, silenceMs: 5_000 });
    session.close();
  } catch (error) {
    const why = error instanceof OutsideError ? error.message : reasonOf(error);
    const remedy = 'Correct SMTP_URL or mend that server, then restart the worker (docs/mail.md).';
    return problem(part, `${place} does not let us in (${why})`, remedy);
  }
  return smtpFrom === undefined
    ? fine(part, `${place} greets us; SMTP_FROM is not set: merchants without a sender send none`)
    : fine(part, `${place} greets us`);
}

/** The folder that order exports are fetched from. */
export async function checkInbox({ inboxDir }: Config): Promise<Finding> {
  const part = 'Inbox folder';
  if (inboxDir === undefined) return fine(part, 'none (TSUKIGIME_INBOX_DIR)');
  const readable = await access(inboxDir, constants.R_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  const remedy = 'Make it, mount it into worker and API, and let their user read it.';
  return readable ? fine(part, inboxDir) : problem(part, `${inboxDir} cannot be read`, remedy);
}

export function checkConsole(): Finding {
  return existsSync(join(checkoutDir, 'console', 'dist', 'index.html'))
    ? fine('Console', 'built')
    : problem('Console', 'not built', 'npm run console:build');
}
