import { Alert, Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { CallInput } from '../../../api/client/call.ts';
import type { Contract } from '../../../api/contract.ts';
import { DECLINE_CLASSES, type DeclineClass } from '../../../billing/decline.ts';
import { LIMIT_KINDS, type LimitKind } from '../../../billing/ng-case.ts';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { useDeclineWords } from '../words/ng-words.ts';
import { ActDialog } from './act-dialog.tsx';
import { ChosenNames, ClearChosen } from './chosen.tsx';
import { CountAndYen } from './figures.tsx';
import { useNgActWords } from './ng-act-words.ts';

const useWords = defineWords('ng-acts', {
  ja: {
    act: '対応する',
    many: '選んだ {{n}} 件に対応する',
    title: 'NG案件に対応する',
    kind: '対応の種類',
    confirm: '「{{act}}」を実行する',
    on: '再オーソリの日(空なら、すぐに)',
    limit: 'どの限度額か',
    daily: '1日の限度額',
    monthly: '月の限度額',
    previous: '新しい登録の注文番号(空なら、同じ登録のカードが更新された)',
    by: '支払われた注文の番号',
    to: '繰越先の注文番号(空なら、この顧客の次の注文)',
    class: '分類',
    single: '1件ずつ実行してください。',
  },
  en: {
    act: 'Act',
    many: 'Act on the {{n}} chosen',
    title: 'Act on declined charges',
    kind: 'What to do',
    confirm: 'Do it: {{act}}',
    on: 'Day of the retry (empty: at once)',
    limit: 'Which limit',
    daily: 'Daily',
    monthly: 'Monthly',
    previous: 'Order number of the new registration (empty: the same one, renewed)',
    by: 'The order that was paid',
    to: 'The order that takes it over (empty: the next one of the customer)',
    class: 'Class',
    single: 'One at a time, please.',
  },
});

export interface ActedCase {
  readonly month: string;
  readonly orderNumber: string;
  readonly amountYen: number;
  readonly attempt: number;
}

const KINDS = [
  'retry',
  'limit_raised',
  'new_card',
  'ask_customer',
  'skip_contact',
  'limit_known',
  'carry_over',
  'replaced',
  'classify',
  'cancel',
  'give_up',
] as const;
type Kind = (typeof KINDS)[number];
const needsReason: readonly Kind[] = ['replaced', 'classify', 'cancel', 'give_up'];
const ends: readonly Kind[] = ['cancel', 'give_up', 'replaced'];

type Body = CallInput<Contract['actOnNgCases']>['body'];
interface Fields {
  readonly day: string;
  readonly order: string;
  readonly limit: LimitKind;
  readonly class: Exclude<DeclineClass, 'unknown'>;
}

function writeAct(kind: Kind, fields: Fields, cases: readonly ActedCase[], reason: string): Body {
  const named = cases.map(({ month, orderNumber, attempt }) => ({ month, orderNumber, attempt }));
  const on = fields.day === '' ? null : fields.day;
  const order = fields.order.trim() === '' ? null : fields.order.trim();
  const may = { cases: named, reason: reason === '' ? null : reason };
  const must = { cases: named, reason };
  switch (kind) {
    case 'retry':
      return { kind, on, ...may };
    case 'limit_raised':
      return { kind, limit: fields.limit, on, ...may };
    case 'limit_known':
      return { kind, limit: fields.limit, ...may };
    case 'new_card':
      return { kind, previousOrderNumber: order, ...may };
    case 'carry_over':
      return { kind, toOrderNumber: order, ...may };
    case 'replaced':
      return { kind, byOrderNumber: order ?? '', ...must };
    case 'classify':
      return { kind, class: fields.class, ...must };
    case 'cancel':
    case 'give_up':
      return { kind, ...must };
    default:
      return { kind, ...may };
  }
}

const noFields: Fields = { day: '', order: '', limit: 'daily', class: 'limit_exceeded' };

/** Every act of the NG desk, for one case or many: what will happen is said before it does. */
export function NgActs({
  cases,
  onClear,
}: {
  readonly cases: readonly ActedCase[];
  /** Where they were chosen from a list. */
  readonly onClear?: () => void;
}) {
  const words = useWords();
  const acts = useNgActWords();
  const { merchant } = useMerchant();
  // As they stood when the dialog opened: what is read anew behind it is not what somebody decides about.
  const [seen, setSeen] = useState<readonly ActedCase[]>([]);
  const [opened, setOpened] = useState(false);
  const [kind, setKind] = useState<Kind>('retry');
  const [fields, setFields] = useState(noFields);
  const act = useAct('actOnNgCases');
  const tooMany = seen.length > 1 && (kind === 'replaced' || fields.order.trim() !== '');
  const close = () => {
    act.forget();
    setOpened(false);
    // The next decision begins without the answers of this one.
    setKind('retry');
    setFields(noFields);
  };
  const confirm = async (reason: string) => {
    const body = writeAct(kind, fields, seen, reason);
    if ((await act.act({ params: { merchant }, body })) === null) return;
    close();
    onClear?.();
  };
  const sum = { rows: seen.length, yen: seen.reduce((yen, one) => yen + one.amountYen, 0) };
  const open = () => {
    setSeen(cases);
    setOpened(true);
  };
  return (
    <>
      <Group>
        <Button disabled={cases.length === 0} onClick={open}>
          {cases.length > 1 ? words('many', { n: cases.length }) : words('act')}
        </Button>
        {onClear !== undefined && cases.length > 0 && <ClearChosen onClear={onClear} />}
      </Group>
      <ActDialog
        opened={opened}
        onClose={close}
        title={words('title')}
        confirm={words('confirm', { act: acts(kind) })}
        danger={ends.includes(kind)}
        reason={needsReason.includes(kind) ? 'required' : 'optional'}
        acting={act.acting}
        problem={act.problem}
        disabled={tooMany || (kind === 'replaced' && fields.order.trim() === '')}
        onConfirm={(reason) => void confirm(reason)}
      >
        <CountAndYen of={sum} fw={700} />
        <ChosenNames names={seen.map(({ orderNumber }) => orderNumber)} />
        <Select
          label={words('kind')}
          allowDeselect={false}
          value={kind}
          data={KINDS.map((value) => ({ value, label: acts(value) }))}
          onChange={(value) => {
            setKind(value as Kind);
            setFields({ ...fields, order: '' });
          }}
        />
        <Alert variant="outline" color={ends.includes(kind) ? 'red' : 'indigo'}>
          {acts(`${kind}_then`)}
        </Alert>
        <ActFields kind={kind} fields={fields} onChange={setFields} />
        {tooMany && <Text size="sm">{words('single')}</Text>}
      </ActDialog>
    </>
  );
}

function ActFields({
  kind,
  fields,
  onChange,
}: {
  readonly kind: Kind;
  readonly fields: Fields;
  readonly onChange: (fields: Fields) => void;
}) {
  const words = useWords();
  const classes = useDeclineWords();
  const orderWord = { new_card: 'previous', replaced: 'by', carry_over: 'to' } as const;
  return (
    <Stack gap="xs">
      {(kind === 'limit_raised' || kind === 'limit_known') && (
        <Select
          label={words('limit')}
          allowDeselect={false}
          value={fields.limit}
          data={LIMIT_KINDS.map((value) => ({ value, label: words(value) }))}
          onChange={(value) => onChange({ ...fields, limit: value as LimitKind })}
        />
      )}
      {(kind === 'retry' || kind === 'limit_raised') && (
        <TextInput
          type="date"
          label={words('on')}
          w={300}
          value={fields.day}
          onChange={(event) => onChange({ ...fields, day: event.currentTarget.value })}
        />
      )}
      {kind in orderWord && (
        <TextInput
          label={words(orderWord[kind as keyof typeof orderWord])}
          required={kind === 'replaced'}
          value={fields.order}
          onChange={(event) => onChange({ ...fields, order: event.currentTarget.value })}
        />
      )}
      {kind === 'classify' && (
        <Select
          label={words('class')}
          allowDeselect={false}
          value={fields.class}
          data={DECLINE_CLASSES.filter((one) => one !== 'unknown').map((value) => ({
            value,
            label: classes(value),
          }))}
          onChange={(value) => onChange({ ...fields, class: value as Fields['class'] })}
        />
      )}
    </Stack>
  );
}
