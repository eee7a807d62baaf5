import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { type Finding, fine, note, problem } from './finding.ts';

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
    return note(part, text, `Between containers of one host that is enough; else: ${remedy}`);
  }
  return problem(part, 'no TLS, and it leaves this machine', remedy);
}
