import { Button, Card, Group, Radio, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import type { ExchangeDetail, ExchangeParams } from '../pages/exchange.tsx';
import { useMay } from '../session.tsx';
import { ActDialog } from './act-dialog.tsx';
import { Instant } from './figures.tsx';

const useWords = defineWords('unclear-upload', {
  ja: {
    title: 'ペイジェントの一覧で確かめたことを記録する',
    found: '一覧にあったか',
    accepted: '受け付けられていた',
    not_sent: '受け付けられていなかった(ペイジェントにも確認した)',
    from: '「受け付けられていなかった」と記録できる時刻: ',
    number: '受付番号',
    decide: '記録する',
  },
  en: {
    title: "Record what Paygent's list shows",
    found: 'Was it there',
    accepted: 'It was accepted',
    not_sent: 'It was not (Paygent confirmed it as well)',
    from: '“It was not” can be recorded from: ',
    number: 'Acceptance number',
    decide: 'Record',
  },
});

/** Nobody knows whether the upload went through: only the PSP's own list settles it. */
export function UnclearUpload({
  exchange,
  params,
}: {
  readonly exchange: ExchangeDetail;
  readonly params: ExchangeParams;
}) {
  const words = useWords();
  const may = useMay('operator');
  const [opened, setOpened] = useState(false);
  const [found, setFound] = useState<'accepted' | 'not_sent'>('accepted');
  const [number, setNumber] = useState('');
  const decide = useAct('decideUnclear');
  const confirm = async (reason: string) => {
    const body =
      found === 'accepted' ? { found, acceptanceNumber: number.trim(), reason } : { found, reason };
    if ((await decide.act({ params, body })) !== null) setOpened(false);
  };
  return (
    <Card withBorder padding="lg" component="section" aria-label={words('title')}>
      <Group justify="space-between">
        <Stack gap={4}>
          <Title order={2} size="h4">
            {words('title')}
          </Title>
          <Text size="sm">
            {words('from')}
            <Instant at={exchange.handOver?.absenceCountsFrom ?? null} />
          </Text>
        </Stack>
        <Button disabled={!may} onClick={() => setOpened(true)}>
          {words('decide')}
        </Button>
      </Group>
      <ActDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title={words('title')}
        confirm={words('decide')}
        reason="required"
        acting={decide.acting}
        problem={decide.problem}
        disabled={found === 'accepted' && number.trim() === ''}
        onConfirm={(reason) => void confirm(reason)}
      >
        <Radio.Group
          label={words('found')}
          value={found}
          onChange={(value) => setFound(value === 'not_sent' ? 'not_sent' : 'accepted')}
        >
          <Stack gap={4} mt={4}>
            <Radio value="accepted" label={words('accepted')} />
            <Radio value="not_sent" label={words('not_sent')} />
          </Stack>
        </Radio.Group>
        {found === 'accepted' && (
          <TextInput
            label={words('number')}
            value={number}
            onChange={(event) => setNumber(event.currentTarget.value)}
            required
          />
        )}
      </ActDialog>
    </Card>
  );
}
