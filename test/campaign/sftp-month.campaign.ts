import { carriedMonth } from './carried-month.ts';
import { runFullMatrix } from './full-matrix.ts';

runFullMatrix('the month carried by SFTP', carriedMonth('sftp'));
