import { readFile } from 'node:fs/promises';
import { runFullMatrix } from './full-matrix.ts';
import { wholeMonth } from './whole-month.ts';

const csv = await readFile('test/fixtures/orders/orders-2026-11.csv');
runFullMatrix('the whole month', wholeMonth(csv));
