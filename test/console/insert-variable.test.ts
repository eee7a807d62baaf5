import { expect, it } from 'vitest';
import { insertVariable } from '../../console/src/insert-variable.ts';

it('puts a variable where the cursor stands, and never into another one', () => {
  const text = '様、@@amount@@ を';
  expect(insertVariable(text, '@@x@@', 2, 2)).toBe('様、@@x@@@@amount@@ を');
  expect(insertVariable(text, '@@x@@', 5, 5)).toBe('様、@@amount@@@@x@@ を');
  expect(insertVariable(text, '@@x@@', 12, 12)).toBe('様、@@amount@@@@x@@ を');
  expect(insertVariable(text, '@@x@@', text.length, text.length)).toBe(`${text}@@x@@`);
  expect(insertVariable(text, '@@x@@', 2, 12)).toBe('様、@@x@@ を');
});
