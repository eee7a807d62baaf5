import { NumberInput, SimpleGrid, Text, TextInput } from '@mantine/core';
import { defineWords } from '../language.ts';

const useWords = defineWords('endpoint-fields', {
  ja: {
    url: '送信先のURL',
    urlHint: 'https のみ。練習用の加盟店だけ、この機械の http://127.0.0.1 に送れます。',
    secret: '署名の鍵の名前',
    secretHint: '鍵そのものは書かないでください。保存した後に、この名前で登録します。',
    backOff: '再送までの秒数(コンマ区切り)',
    backOffHint: '1回目の失敗の後、2回目の失敗の後…の順です。使い切ると送信エラーになります。',
    backOffBad: '1〜86400 の整数をコンマで区切って書いてください。',
    timeout: '応答を待つ時間(ミリ秒)',
    concurrency: '同時に送る数',
    failures: '続けて何回失敗したら休むか',
    pause: '休む秒数',
    more: '詳しい設定',
  },
  en: {
    url: 'URL',
    urlHint: 'https; only a sandbox merchant may name http://127.0.0.1.',
    secret: 'Name of the signing secret',
    secretHint: 'Only its name: the secret is set under it once this is saved.',
    backOff: 'Waits before each retry, in seconds',
    backOffHint: 'After the first failure, the second …; then it is given up.',
    backOffBad: 'Whole numbers from 1 to 86400, with commas between.',
    timeout: 'Time-out (ms)',
    concurrency: 'At the same time',
    failures: 'Failures in a row before a pause',
    pause: 'Length of the pause (s)',
    more: 'Details',
  },
});

/** What every kind of endpoint has, as it is typed. */
export interface EndpointDraft {
  readonly url: string;
  readonly secretName: string;
  readonly backOff: string;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly circuitFailures: number;
  readonly circuitPauseSeconds: number;
}

interface EndpointSettings extends Omit<EndpointDraft, 'backOff'> {
  readonly backOffSeconds: readonly number[];
}

export const draftOf = (of: EndpointSettings): EndpointDraft => ({
  url: of.url,
  secretName: of.secretName,
  backOff: of.backOffSeconds.join(', '),
  timeoutMs: of.timeoutMs,
  concurrency: of.concurrency,
  circuitFailures: of.circuitFailures,
  circuitPauseSeconds: of.circuitPauseSeconds,
});

/** As the API takes it; null: something is not filled in. */
export function settingsOf({ backOff, ...draft }: EndpointDraft) {
  const parts = backOff.split(/[,、\s]+/).filter((part) => part !== '');
  const backOffSeconds = parts.map(Number);
  const good = backOffSeconds.every((n) => Number.isInteger(n) && n >= 1 && n <= 86_400);
  if (!good || draft.url.trim() === '' || draft.secretName.trim() === '') return null;
  return {
    ...draft,
    url: draft.url.trim(),
    secretName: draft.secretName.trim(),
    backOffSeconds,
  };
}

const numbers = [
  ['timeoutMs', 'timeout', 100, 60_000],
  ['concurrency', 'concurrency', 1, 32],
  ['circuitFailures', 'failures', 1, 1000],
  ['circuitPauseSeconds', 'pause', 1, 86_400],
] as const;

export function EndpointFields({
  draft,
  onChange,
}: {
  readonly draft: EndpointDraft;
  readonly onChange: (draft: EndpointDraft) => void;
}) {
  const words = useWords();
  const badWaits = settingsOf({ ...draft, url: 'x', secretName: 'x' }) === null;
  return (
    <>
      <TextInput
        label={words('url')}
        description={words('urlHint')}
        required
        maxLength={1000}
        value={draft.url}
        onChange={(event) => onChange({ ...draft, url: event.currentTarget.value })}
      />
      <TextInput
        label={words('secret')}
        description={words('secretHint')}
        required
        maxLength={64}
        value={draft.secretName}
        onChange={(event) => onChange({ ...draft, secretName: event.currentTarget.value })}
      />
      <details>
        <Text component="summary" size="sm">
          {words('more')}
        </Text>
        <TextInput
          mt="xs"
          label={words('backOff')}
          description={words('backOffHint')}
          error={badWaits && words('backOffBad')}
          value={draft.backOff}
          onChange={(event) => onChange({ ...draft, backOff: event.currentTarget.value })}
        />
        <SimpleGrid cols={2} mt="xs">
          {numbers.map(([name, label, min, max]) => (
            <NumberInput
              key={name}
              label={words(label)}
              min={min}
              max={max}
              allowDecimal={false}
              value={draft[name]}
              onChange={(value) => onChange({ ...draft, [name]: Number(value) })}
            />
          ))}
        </SimpleGrid>
      </details>
    </>
  );
}
