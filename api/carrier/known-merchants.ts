import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv6 } from 'node:net';
import type { CarrierSettings } from '../../billing/carrier-settings.ts';
import type { MerchantKind } from '../../billing/merchant.ts';
import { merchantSlugPattern } from '../../billing/merchant.ts';
import { findMerchant } from '../../db/queries/merchants.ts';
import { readSecret } from '../../db/queries/secrets.ts';
import { findSettings } from '../../db/queries/settings.ts';
import type { ApiDependencies } from '../dependencies.ts';

/** A merchant whose calls are taken. */
export interface CarrierMerchant {
  readonly id: number;
  readonly slug: string;
  readonly kind: MerchantKind;
  readonly clockOffsetMs: number;
  readonly settings: CarrierSettings;
  /** Whether the sender is let in: by its address, by the secret in the path, or by both. */
  admits(address: string, pathSecret: string | undefined): boolean;
}

/** A change of the settings takes effect within this time; the answer is due too soon to ask each time. */
const rememberedMs = 2_000;
/** A stranger who tries names must not fill our memory. */
const rememberedAtMost = 1_000;

type KnownMerchant = Promise<CarrierMerchant | undefined>;

interface Remembered {
  readonly untilMs: number;
  readonly merchant: KnownMerchant;
}

/** Looks up merchants by their slug and remembers them for a moment, those that do not exist too. */
export function createKnownMerchants(
  deps: Pick<ApiDependencies, 'db' | 'callsDb' | 'fileKeys' | 'realNow'>,
) {
  const known = new Map<string, Remembered>();
  // Apart, so that names which somebody makes up push no merchant out.
  const unknown = new Map<string, Remembered>();
  return {
    /** @returns undefined for a merchant that does not exist or takes no calls. */
    async find(slug: string): Promise<CarrierMerchant | undefined> {
      if (!merchantSlugPattern.test(slug)) return undefined;
      const nowMs = deps.realNow().getTime();
      const remembered = known.get(slug) ?? unknown.get(slug);
      if (remembered !== undefined && nowMs < remembered.untilMs) return await remembered.merchant;
      if (unknown.size >= rememberedAtMost) unknown.clear();
      const looked = { untilMs: nowMs + rememberedMs, merchant: load(deps, slug) };
      known.delete(slug);
      unknown.set(slug, looked);
      const forget = () => unknown.get(slug) === looked && unknown.delete(slug);
      looked.merchant.then((found) => {
        if (found === undefined) return;
        forget();
        known.set(slug, looked);
        // Postgres being away is nothing to remember.
      }, forget);
      return await looked.merchant;
    },
  };
}

async function load(
  deps: Pick<ApiDependencies, 'db' | 'callsDb' | 'fileKeys'>,
  slug: string,
): KnownMerchant {
  const db = deps.callsDb ?? deps.db;
  const merchant = await findMerchant(db, slug);
  if (merchant === undefined) return undefined;
  const settings = (await findSettings(db, merchant.id))?.settings.carrier;
  if (settings?.enabled !== true) return undefined;
  const { allowedAddresses, pathSecretName } = settings;
  const secret =
    pathSecretName === null
      ? null
      : await readSecret(db, merchant.id, pathSecretName, deps.fileKeys);
  const networks = allowedAddresses.length === 0 ? null : listNetworks(allowedAddresses);
  return {
    id: merchant.id,
    slug: merchant.slug,
    kind: merchant.kind,
    clockOffsetMs: merchant.clockOffsetMs,
    settings,
    admits(address, pathSecret) {
      if (networks !== null && !holdsAddress(networks, address)) return false;
      // A secret that is named but not set lets nobody in.
      if (pathSecretName !== null) return secret !== null && isSame(pathSecret ?? '', secret);
      return networks !== null && pathSecret === undefined;
    },
  };
}

function listNetworks(addresses: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const entry of addresses) {
    const [address = '', bits] = entry.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) networks.addAddress(address, family);
    else networks.addSubnet(address, Number(bits), family);
  }
  return networks;
}

function holdsAddress(networks: BlockList, address: string): boolean {
  // An IPv4 sender on a socket for both families.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return networks.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

/** In constant time: hashes are equally long, whatever was sent. */
function isSame(given: string, secret: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(secret));
}
