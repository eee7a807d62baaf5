import { expect, test } from 'vitest';
import { readBannerType } from '../../billing/epos-banner.ts';

const png = Buffer.from('89504e470d0a1a0a0000000049454e44ae426082', 'hex');
const jpeg = Buffer.from('ffd8ffe000104a464946ffd9', 'hex');
const gif = Buffer.from('4749463839610100010000003b', 'hex');

test('a banner is what its bytes say, whole', () => {
  expect([png, jpeg, gif].map(readBannerType)).toEqual(['image/png', 'image/jpeg', 'image/gif']);
  for (const picture of [png, jpeg, gif]) {
    expect(readBannerType(picture.subarray(0, -1))).toBeNull();
  }
});

test.each(['<svg onload="alert(1)"/>', '', 'GIF'])('%o is none', (text) => {
  expect(readBannerType(Buffer.from(text))).toBeNull();
});
