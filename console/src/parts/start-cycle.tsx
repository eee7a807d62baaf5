import { Button, Group, Radio, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { billingMonthPattern } from '../../../billing/billing-month.ts';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { ActDialog } from './act-dialog.tsx';

const useWords = defineWords('start-cycle', {
  ja: {
    open: '月を始める',
    title: '請求する月を始める',
    month: '請求月',
    hint: '例: 2026-11。始めても、承認とアップロードをするまで何も請求されません。',
    scope: '請求の範囲',
    all: '対象の注文をすべて請求する',
    chosen: '注文を選んで請求する',
    confirm: '始める',
  },
  en: {
    open: 'Start a month',
    title: 'Start a billing month',
    month: 'Billing month',
    hint: 'Such as 2026-11. Nothing is billed before approval and upload.',
    scope: 'Scope',
    all: 'Bill all orders that qualify',
    chosen: 'Choose the orders to bill',
    confirm: 'Start',
  },
});

/** Starts a month; the same month again is the one that runs. */
export function StartCycle({ month: suggested }: { readonly month: string }) {
  const words = useWords();
  const navigate = useNavigate();
  const { merchant, place } = useMerchant();
  const [opened, setOpened] = useState(false);
  const [month, setMonth] = useState(suggested);
  const [scope, setScope] = useState<'all' | 'chosen'>('all');
  const start = useAct('startCycle');
  const confirm = async () => {
    const done = await start.act({ params: { merchant }, body: { month, scope } });
    if (done === null) return;
    setOpened(false);
    await navigate(place('cycles', month));
  };
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconPlus size={16} aria-hidden />}
        onClick={() => setOpened(true)}
      >
        {words('open')}
      </Button>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words('title')}
        confirm={words('confirm')}
        reason="none"
        acting={start.acting}
        problem={start.problem}
        disabled={!billingMonthPattern.test(month)}
        onConfirm={() => void confirm()}
      >
        <TextInput
          label={words('month')}
          description={words('hint')}
          value={month}
          onChange={(event) => setMonth(event.currentTarget.value)}
          required
          data-autofocus
        />
        <Radio.Group
          label={words('scope')}
          value={scope}
          onChange={(value) => setScope(value === 'chosen' ? 'chosen' : 'all')}
        >
          <Group mt={4}>
            <Radio value="all" label={words('all')} />
            <Radio value="chosen" label={words('chosen')} />
          </Group>
        </Radio.Group>
      </ActDialog>
    </>
  );
}
