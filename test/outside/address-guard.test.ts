import { describe, expect, test } from 'vitest';
import { type Caller, resolveGuarded } from '../../outside/address-guard.ts';

const real: Caller = { kind: 'real', allowedHosts: [] };
const sandbox: Caller = { kind: 'sandbox', allowedHosts: [] };
const to =
  (...addresses: string[]) =>
  async () =>
    addresses;
const refused = { name: 'OutsideError', problem: 'address_refused', isPassing: false };

test.each([
  ['203.0.114.7', 4],
  ['2606:4700::1111', 6],
])('a real merchant reaches the public address %s', async (address, family) => {
  expect(await resolveGuarded('shop.example', real, to(address))).toEqual({ address, family });
  expect(await resolveGuarded(address, real)).toEqual({ address, family });
});

const inside = ['10.1.2.3', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.7.7', 'fd12::1'];
const never = [
  '127.0.0.1',
  '127.8.9.10',
  '::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0.0.0.0',
  '::',
  '169.254.169.254',
  '::ffff:169.254.169.254',
  'fd00:ec2::254',
  '100.100.100.200',
  '224.0.0.1',
  'ff02::1',
  '255.255.255.255',
  '240.0.0.1',
  '192.0.2.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  // IPv4 in clothes out of fashion, what nobody was given, and containers' credentials.
  '::7f00:1',
  '::a00:1',
  '64:ff9b:1::7f00:1',
  '4000::1',
  '169.254.170.23',
  'fd00:ec2::23',
];

describe('a real merchant', () => {
  test.each([...inside, ...never])('does not reach %s, by name or by number', async (address) => {
    await expect(resolveGuarded('shop.example', real, to(address))).rejects.toMatchObject(refused);
    await expect(resolveGuarded(address, real)).rejects.toMatchObject(refused);
  });

  test.each(inside)('reaches %s once an admin allowed the host', async (address) => {
    await expect(resolveGuarded(address, real)).rejects.toMatchObject({ mayBeAllowed: true });
    const caller = { ...real, allowedHosts: ['vpn.shop.example', address] };
    expect((await resolveGuarded('VPN.shop.example', caller, to(address))).address).toBe(address);
    expect((await resolveGuarded(address, caller)).address).toBe(address);
    const other = resolveGuarded('other.shop.example', caller, to(address));
    await expect(other).rejects.toMatchObject(refused);
  });

  test.each(never)('does not reach %s whatever is allowed', async (address) => {
    const caller = { ...real, allowedHosts: ['shop.example', address] };
    await expect(resolveGuarded('shop.example', caller, to(address))).rejects.toMatchObject(
      refused,
    );
    await expect(resolveGuarded(address, caller)).rejects.toMatchObject({
      ...refused,
      mayBeAllowed: false,
    });
  });

  test('does not reach a name of which one address is not public', async () => {
    const mixed = resolveGuarded('shop.example', real, to('203.0.114.7', '10.0.0.1'));
    await expect(mixed).rejects.toMatchObject(refused);
  });

  test('reads other spellings of loopback as what they are', async () => {
    for (const host of ['[::1]', '0x7f000001', '2130706433', '0177.0.0.1', '127.1']) {
      await expect(resolveGuarded(host, real), host).rejects.toMatchObject(refused);
    }
  });
});

describe('a sandbox merchant', () => {
  test.each(['127.0.0.1', '::1', 'localhost'])('reaches %s', async (host) => {
    expect((await resolveGuarded(host, sandbox)).address).toMatch(/^(127\.|::1$)/);
  });

  test.each(['203.0.114.7', '10.0.0.1', '169.254.169.254'])(
    'does not reach %s, allowed or not',
    async (address) => {
      const caller = { ...sandbox, allowedHosts: ['shop.example', address] };
      await expect(resolveGuarded('shop.example', caller, to(address))).rejects.toMatchObject(
        refused,
      );
    },
  );
});

test('a name without an address is told apart from a forbidden one', async () => {
  await expect(resolveGuarded('shop.example', real, to())).rejects.toMatchObject({
    problem: 'name_not_found',
  });
  await expect(resolveGuarded('no-such-host.invalid', real)).rejects.toMatchObject({
    problem: 'name_not_found',
  });
});
