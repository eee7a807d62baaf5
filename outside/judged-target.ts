import { request as openHttp } from 'node:http';
import { request as openHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import { type Caller, type ResolveName, resolveGuarded } from './address-guard.ts';
import { OutsideError } from './outside-error.ts';

/** An address that a merchant's settings name. */
export interface NamedTarget {
  /** https; http only for a sandbox merchant, whose other side is on this machine. */
  readonly url: string;
  readonly caller: Caller;
  /** Certificate authorities (PEM) that are trusted besides the public ones. */
  readonly trustedAuthorities?: readonly string[];
  readonly resolve?: ResolveName;
}

/** The same after its host was resolved once and judged. */
export interface JudgedTarget {
  readonly url: URL;
  readonly open: typeof openHttps;
  /**
   * For `open`: the connection goes to the judged address. The name stays in Host header, SNI and
   * certificate check; only where it leads is settled.
   */
  readonly options: {
    readonly hostname: string;
    readonly port: number | undefined;
    readonly path: string;
    readonly lookup: LookupFunction;
    readonly servername?: string;
    readonly ca?: string[];
  };
}

/** @throws OutsideError: address_refused, name_not_found */
export async function judgeTarget(named: NamedTarget): Promise<JudgedTarget> {
  const { caller, resolve, trustedAuthorities: authorities } = named;
  const url = readUrl(named);
  const resolved = await resolveGuarded(url.hostname, caller, resolve);
  const lookup = ((_name, asked, done) => {
    if (asked.all) done(null, [resolved]);
    else done(null, resolved.address, resolved.family);
  }) as LookupFunction;
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    url,
    open: url.protocol === 'https:' ? openHttps : openHttp,
    options: {
      hostname,
      port: url.port === '' ? undefined : Number(url.port),
      path: `${url.pathname}${url.search}`,
      lookup,
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      ...(authorities === undefined ? {} : { ca: [...rootCertificates, ...authorities] }),
    },
  };
}

/** @throws OutsideError: address_refused for what is no https URL, or http for a real merchant */
function readUrl(wanted: Pick<NamedTarget, 'url' | 'caller'>): URL {
  const url = URL.canParse(wanted.url) ? new URL(wanted.url) : null;
  const secure = url?.protocol === 'https:';
  const sandboxed = url?.protocol === 'http:' && wanted.caller.kind === 'sandbox';
  if (url === null || (!secure && !sandboxed) || url.username !== '' || url.password !== '') {
    throw new OutsideError(
      'address_refused',
      'Only https addresses without credentials are called.',
      {
        ja: 'URLが https:// で始まっていないか、ユーザー名・パスワードを含んでいます。接続していません。',
      },
    );
  }
  return url;
}
