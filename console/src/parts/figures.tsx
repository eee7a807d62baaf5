import { Text, type TextProps } from '@mantine/core';
import { formatJstMinute } from '../../../billing/business-date.ts';
import { formatYen } from '../../../billing/money.ts';
import { useLanguage } from '../language.ts';

/** Money, counts and times as operators read them: separators, 円, the clock of Japan. */

export function Yen({ amount, ...style }: { readonly amount: number } & TextProps) {
  const { language } = useLanguage();
  return (
    <Text span inherit className="figure" {...style}>
      {language === 'ja' ? formatYen(amount) : `¥${formatCount(amount)}`}
    </Text>
  );
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

export function useCountWord(): (count: number) => string {
  const { language } = useLanguage();
  return (count) => (language === 'ja' ? `${formatCount(count)} 件` : formatCount(count));
}

export function Count({ count, ...style }: { readonly count: number } & TextProps) {
  const word = useCountWord();
  return (
    <Text span inherit className="figure" {...style}>
      {word(count)}
    </Text>
  );
}

export function CountAndYen({
  of,
  ...style
}: { readonly of: { readonly rows: number; readonly yen: number } } & TextProps) {
  return (
    <Text span inherit className="figure" {...style}>
      <Count count={of.rows} />
      {' / '}
      <Yen amount={of.yen} />
    </Text>
  );
}

/** An instant on the clock of Japan; `—` where there is none. */
export function Instant({ at }: { readonly at: string | null }) {
  if (at === null) return <>—</>;
  return (
    <time dateTime={at} className="figure">
      {formatJstMinute(at)}
    </time>
  );
}
