import { chosenMonth } from './chosen-month.ts';
import { runFullMatrix } from './full-matrix.ts';

runFullMatrix('the month of chosen orders', chosenMonth, [610_712, 811_843]);
