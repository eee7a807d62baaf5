import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { normalizePassword } from '../billing/password.ts';

/** How much work a guess costs: N = 2^costLog2, block size r, p rounds. */
export interface PasswordCost {
  readonly costLog2: number;
  readonly blockSize: number;
  readonly rounds: number;
}

/** One of OWASP's scrypt settings: 32 MB and about a quarter of a second for a guess. */
export const defaultPasswordCost: PasswordCost = { costLog2: 15, blockSize: 8, rounds: 3 };

const saltBytes = 16;
const hashBytes = 32;

/** `$scrypt$ln=15,r=8,p=3$salt$hash`: its own settings beside it, so that they can be raised later. */
export async function hashPassword(password: string, cost: PasswordCost): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(password, salt, cost);
  const settings = `ln=${cost.costLog2},r=${cost.blockSize},p=${cost.rounds}`;
  return `$scrypt$${settings}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Takes as long for a wrong password as for the right one. */
export async function isPasswordOf(password: string, encoded: string): Promise<boolean> {
  const parts = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([\w-]+)\$([\w-]+)$/.exec(encoded);
  if (parts === null) throw new Error('a stored password hash has another form than ours');
  const [, costLog2, blockSize, rounds, salt = '', hash = ''] = parts;
  const cost = {
    costLog2: Number(costLog2),
    blockSize: Number(blockSize),
    rounds: Number(rounds),
  };
  const expected = Buffer.from(hash, 'base64url');
  const found = await derive(password, Buffer.from(salt, 'base64url'), cost);
  return found.length === expected.length && timingSafeEqual(found, expected);
}

async function derive(password: string, salt: Buffer, cost: PasswordCost): Promise<Buffer> {
  const { costLog2, blockSize: r, rounds: p } = cost;
  const N = 2 ** costLog2;
  // Node's own bound lies at what N and r need together, and refuses just that.
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r };
  return await new Promise((resolve, reject) => {
    scrypt(normalizePassword(password), salt, hashBytes, options, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}
