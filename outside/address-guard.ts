import { lookup } from 'node:dns/promises';
import ipaddr from 'ipaddr.js';
import type { MerchantKind } from '../billing/merchant.ts';
import { errorCode, OutsideError } from './outside-error.ts';

/** On whose behalf a connection is made: it decides where it may go. */
export interface Caller {
  readonly kind: MerchantKind;
  /** Hosts in private networks that an admin allowed, lower case (db/queries/allowed-hosts.ts). */
  readonly allowedHosts: readonly string[];
}

/** The address to connect to. Nothing resolves the name a second time. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** All addresses of a name; tests give their own. */
export type ResolveName = (host: string) => Promise<readonly string[]>;

/** Where clouds hand out credentials to whoever asks, machines and containers: by standard and by habit. */
const metadataAddresses: ReadonlySet<string> = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  'fd00:ec2::23',
  'fd00:ec2::254',
]);

/**
 * All of IPv6 that is given out (RFC 4291). What the library calls unicast beyond it has old ways to write an
 * IPv4 address: `::7f00:1`, or a network's own NAT64.
 */
const givenOut = ipaddr.IPv6.parseCIDR('2000::/3');

/** Ranges that an admin may open for a host. Everything else that is not public stays closed. */
const privateRanges: ReadonlySet<string> = new Set([
  'private',
  'uniqueLocal',
  'carrierGradeNat',
  'linkLocal',
]);

/**
 * Resolves a host that a merchant's settings name, once, and says whether it may be called. A sandbox
 * merchant reaches loopback and nothing else; a real one never loopback, which is where the sandbox
 * lives. All addresses of a name must be fit: one that is not says that something is wrong with it.
 *
 * @throws OutsideError: name_not_found, address_refused
 */
export async function resolveGuarded(
  host: string,
  caller: Caller,
  resolve: ResolveName = resolveName,
): Promise<ResolvedAddress> {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  const addresses = ipaddr.isValid(name) ? [name] : await resolve(name);
  for (const address of addresses) refuseUnfit(name, address, caller);
  const [first] = addresses;
  if (first === undefined) throw notFound(name);
  return { address: first, family: ipaddr.parse(first).kind() === 'ipv4' ? 4 : 6 };
}

async function resolveName(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true, order: 'ipv4first' });
    return found.map(({ address }) => address);
  } catch (error) {
    if (['ENOTFOUND', 'ENODATA', 'EAI_AGAIN', 'EAI_NONAME'].includes(errorCode(error))) {
      throw notFound(host);
    }
    throw error;
  }
}

function notFound(host: string): OutsideError {
  return new OutsideError('name_not_found', `No address is known for ${host}.`, {
    ja: `ホスト ${host} のアドレスが見つかりません。接続していません。ホスト名を確かめてください。`,
  });
}

function refuseUnfit(host: string, text: string, caller: Caller): void {
  // An IPv4 address in IPv6 clothes is judged as what it is.
  const address = ipaddr.process(text);
  const range = rangeOf(address);
  if (caller.kind === 'sandbox') {
    if (range === 'loopback') return;
    throw refused(
      host,
      'a sandbox merchant reaches this machine only',
      'サンドボックスの加盟店は同じマシンの模擬サーバーにだけ接続できます。',
    );
  }
  if (range === 'unicast' && !metadataAddresses.has(address.toString())) return;
  if (!privateRanges.has(range) || metadataAddresses.has(address.toString())) {
    throw refused(
      host,
      `its address is ${range}, which is never called`,
      '接続できないアドレスです。ホスト名を確かめてください。',
    );
  }
  if (caller.allowedHosts.includes(host)) return;
  throw refused(
    host,
    `its address is ${range} and no admin allowed the host`,
    '社内（プライベート）アドレスです。接続してよい場合は、管理者が接続先として許可してください。',
    true,
  );
}

function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  const range = address.range();
  const isPublic = address instanceof ipaddr.IPv4 || address.match(givenOut);
  return range === 'unicast' && !isPublic ? 'reserved' : range;
}

function refused(host: string, en: string, ja: string, mayBeAllowed = false): OutsideError {
  return new OutsideError('address_refused', `${host} is not called: ${en}.`, {
    ja: `ホスト ${host} には接続しませんでした。${ja}`,
    mayBeAllowed,
  });
}
