import { TextInput } from '@mantine/core';
import { billingMonthPattern } from '../../../billing/billing-month.ts';

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
