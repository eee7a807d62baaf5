import { expect, test } from 'vitest';
import { whyNotCsv } from '../../imports/csv-look.ts';

test.each([
  ['an empty file', ''],
  ['an xlsx', 'PK\x03\x04rest'],
  ['a PDF', '%PDF-1.7'],
  ['a login page', '\n <!DOCTYPE html><html>'],
  ['a page without a doctype', '<html lang="ja">'],
  ['UTF-16', 'o\0r\0d\0'],
])('%s is no CSV', (_what, text) => {
  expect(whyNotCsv(Buffer.from(text, 'latin1'))).not.toBeNull();
});

test.each([
  ['a header', '受注日時,注文番号\r\n'],
  ['a header after a byte order mark', '\ufeff注文番号,購入金額\r\n'],
  ['a tag inside a value', 'a,<html>\r\n'],
])('%s may be one', (_what, text) => {
  expect(whyNotCsv(Buffer.from(text))).toBeNull();
});
