import { Button, Checkbox, Group, SegmentedControl, Select, Stack, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'react-router';
import type { CallInput } from '../../../api/client/call.ts';
import type { Contract } from '../../../api/contract.ts';
import type { Read } from '../api.ts';
import { defineWords } from '../language.ts';
import { Section } from './section.tsx';

type Form = NonNullable<Read<'readSendErrorForm'>['data']>;
/** A filter as the API takes it. */
export type Asked = CallInput<Contract['searchSendErrors']>['body']['filter'];

const useWords = defineWords('send-error-form', {
  ja: {
    title: '検索条件',
    condition: 'CGISendErr',
    all: 'すべて',
    open: '未処理',
    done: '処理済',
    mode: '処理方式',
    individual: '個別',
    bulk: '一括',
    ipCodes: 'IPコード',
    orderNumber: 'オーダーNo',
    email: 'メールアドレス',
    phone: '電話番号',
    sendId: 'ID(sendid)',
    period: '期間',
    none: '指定しない',
    month: '年月',
    date: '年月日',
    today: '今日',
    yesterday: '昨日',
    show: '表示',
    reset: 'リセット',
  },
  en: {
    title: 'Search',
    condition: 'CGISendErr',
    all: 'All',
    open: 'Open',
    done: 'Done',
    mode: 'Mode',
    individual: 'One by one',
    bulk: 'Several at once',
    ipCodes: 'IP code',
    orderNumber: 'Order no.',
    email: 'Mail address',
    phone: 'Phone',
    sendId: 'ID (sendid)',
    period: 'Period',
    none: 'Any',
    month: 'Month',
    date: 'Day',
    today: 'Today',
    yesterday: 'Yesterday',
    show: 'Show',
    reset: 'Reset',
  },
});

const conditions = ['all', 'open', 'done'] as const;
const modes = ['individual', 'bulk'] as const;
const keywords = ['orderNumber', 'email', 'phone', 'sendId'] as const;
const periods = ['none', 'month', 'date', 'today', 'yesterday'] as const;

interface Draft {
  readonly condition: (typeof conditions)[number];
  readonly mode: (typeof modes)[number];
  readonly period: (typeof periods)[number];
  readonly month: string;
  readonly date: string;
  readonly ipCodes: readonly string[];
  readonly keywords: Readonly<Record<string, string>>;
}

const initialDraft = ({ initial, months, today }: Form): Draft => ({
  condition: initial.condition,
  mode: initial.mode,
  period: initial.period?.kind ?? 'none',
  month: initial.period?.kind === 'month' ? initial.period.month : (months[0] ?? ''),
  date: initial.period?.kind === 'date' ? initial.period.date : today,
  ipCodes: initial.ipCodes,
  keywords: initial.keywords,
});

/** What may stand in an address: no keyword, for they are of people. */
function fromAddress(draft: Draft, search: URLSearchParams, { ipCodes }: Form): Draft {
  const of = <One extends string>(all: readonly One[], name: string, otherwise: One) =>
    all.find((one) => one === search.get(name)) ?? otherwise;
  return {
    ...draft,
    condition: of(conditions, 'condition', draft.condition),
    mode: of(modes, 'mode', draft.mode),
    period: of(periods, 'period', draft.period),
    month: search.get('month') ?? draft.month,
    date: search.get('date') ?? draft.date,
    ipCodes: search.has('ipCode')
      ? ipCodes.filter((code) => search.getAll('ipCode').includes(code))
      : draft.ipCodes,
  };
}

function toFilter(draft: Draft): Asked {
  const { condition, mode, period, month, date } = draft;
  return {
    condition,
    mode,
    ipCodes: [...draft.ipCodes],
    keywords: Object.fromEntries(
      Object.entries(draft.keywords).filter(([, text]) => text.trim() !== ''),
    ),
    period:
      period === 'none'
        ? null
        : period === 'month'
          ? { kind: period, month }
          : period === 'date'
            ? { kind: period, date }
            : { kind: period },
  };
}

export function SendErrorForm({
  form,
  onAsk,
}: {
  readonly form: Form;
  readonly onAsk: (filter: Asked | null) => void;
}) {
  const words = useWords();
  const [search, setSearch] = useSearchParams();
  const [draft, setDraft] = useState(() => fromAddress(initialDraft(form), search, form));
  const change = (changed: Partial<Draft>) => setDraft({ ...draft, ...changed });
  const address = search.toString();
  // An address with conditions in it is a search, also one that somebody goes back to.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each address
  useEffect(() => {
    const { keywords } = search.size > 0 ? draft : initialDraft(form);
    const next = fromAddress({ ...initialDraft(form), keywords }, search, form);
    setDraft(next);
    onAsk(search.size > 0 ? toFilter(next) : null);
  }, [address]);
  const show = () => {
    const { condition, mode, period, month, date, ipCodes } = draft;
    setSearch({
      condition,
      mode,
      period,
      ...(period === 'month' ? { month } : {}),
      ...(period === 'date' ? { date } : {}),
      // An empty one says that none is chosen; without any, those of the beginning hold.
      ...(form.ipCodes.length > 1 ? { ipCode: ipCodes.length > 0 ? [...ipCodes] : [''] } : {}),
    });
    onAsk(toFilter(draft));
  };
  const reset = () => {
    // The empty address asks for nothing, once it is in the history.
    setDraft(initialDraft(form));
    setSearch({});
  };
  return (
    <Section title={words('title')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          show();
        }}
      >
        <Stack>
          <Group>
            <SegmentedControl
              aria-label={words('condition')}
              value={draft.condition}
              data={conditions.map((value) => ({ value, label: words(value) }))}
              onChange={(value) => change({ condition: value as Draft['condition'] })}
            />
            <SegmentedControl
              aria-label={words('mode')}
              value={draft.mode}
              data={modes.map((value) => ({ value, label: words(value) }))}
              onChange={(value) => change({ mode: value as Draft['mode'] })}
            />
          </Group>
          <Period form={form} draft={draft} change={change} />
          <Group>
            {keywords.map((name) => (
              <TextInput
                key={name}
                label={words(name)}
                maxLength={500}
                value={draft.keywords[name] ?? ''}
                onChange={(event) =>
                  change({ keywords: { ...draft.keywords, [name]: event.currentTarget.value } })
                }
              />
            ))}
          </Group>
          {form.ipCodes.length > 1 && (
            <Checkbox.Group
              label={words('ipCodes')}
              value={[...draft.ipCodes]}
              onChange={(ipCodes) => change({ ipCodes })}
            >
              <Group mt={4}>
                {form.ipCodes.map((code) => (
                  <Checkbox key={code} value={code} label={code} />
                ))}
              </Group>
            </Checkbox.Group>
          )}
          <Group>
            <Button type="submit">{words('show')}</Button>
            <Button variant="default" onClick={reset}>
              {words('reset')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

function Period({
  form,
  draft,
  change,
}: {
  readonly form: Form;
  readonly draft: Draft;
  readonly change: (changed: Partial<Draft>) => void;
}) {
  const words = useWords();
  return (
    <Group align="flex-end">
      <Select
        label={words('period')}
        w={160}
        allowDeselect={false}
        value={draft.period}
        data={periods.map((value) => ({ value, label: words(value) }))}
        onChange={(value) => change({ period: periods.find((one) => one === value) ?? 'none' })}
      />
      {draft.period === 'month' && (
        <Select
          label={words('month')}
          w={140}
          allowDeselect={false}
          value={draft.month}
          data={form.months}
          onChange={(month) => change({ month: month ?? draft.month })}
        />
      )}
      {draft.period === 'date' && (
        <TextInput
          type="date"
          label={words('date')}
          min={form.oldestDate}
          max={form.today}
          value={draft.date}
          onChange={(event) => change({ date: event.currentTarget.value })}
        />
      )}
    </Group>
  );
}
