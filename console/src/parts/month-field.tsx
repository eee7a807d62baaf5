import { TextInput } from '@mantine/core';
import { billingMonthPattern } from '../../../billing/billing-month.ts';
import { defineWords } from '../language.ts';

const useWords = defineWords('month-field', {
  ja: { unreadable: '年月を 2026-11 のように入力してください。この条件は使っていません。' },
  en: { unreadable: 'Not a month like 2026-11: the list is not narrowed by it.' },
});

export const isMonth = (text: string) => billingMonthPattern.test(text);

/** A month, YYYY-MM: the browser's own field where it has one. */
export function MonthField({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (month: string) => void;
}) {
  return (
    <TextInput
      type="month"
      label={label}
      required
      value={value}
      data-autofocus
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** A month that a list is narrowed to, or none; what is no month is said to be left aside. */
export function MonthFilter({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (event: { readonly currentTarget: { readonly value: string } }) => void;
}) {
  const words = useWords();
  return (
    <TextInput
      type="month"
      label={label}
      w={160}
      value={value}
      error={value === '' || isMonth(value) ? null : words('unreadable')}
      onChange={onChange}
    />
  );
}
