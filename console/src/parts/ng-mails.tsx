import { Alert, Button, Drawer, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMay } from '../session.tsx';
import { useMailStateWords } from '../words/ng-words.ts';
import { useCloseButton } from './close-button.ts';
import { Instant } from './figures.tsx';
import { Loaded } from './loaded.tsx';

const useWords = defineWords('ng-mails', {
  ja: {
    title: '顧客へのメール',
    preview: 'メールを確認する',
    none: 'まだ送っていません。',
    plannedOn: '予定日',
    state: '状態',
    tried: '送信',
    link: 'リンクの期限',
    bounced: '不達',
    to: '宛先',
    from: '差出人',
    subject: '件名',
    earliest: '早くても ',
    sample: 'これは見本です。リンクは見本のもので、何も送っていません。',
    noAddress: '使えるメールアドレスがありません。電話などで連絡し、対応を記録してください。',
    off: 'この種類のメールは設定で送らないことになっています。',
    server: '(サーバーの設定)',
  },
  en: {
    title: 'Mails to the customer',
    preview: 'Preview the mail',
    none: 'None yet.',
    plannedOn: 'Planned on',
    state: 'State',
    tried: 'Sent',
    link: 'Link until',
    bounced: 'Bounced',
    to: 'To',
    from: 'From',
    subject: 'Subject',
    earliest: 'At the earliest ',
    sample: 'A sample with a sample link: nothing is sent.',
    noAddress: 'No usable address is known. Reach the customer otherwise and record it.',
    off: 'The settings keep mails of this kind from being sent.',
    server: "(the server's own)",
  },
});

interface Params {
  readonly merchant: string;
  readonly month: string;
  readonly order: string;
}

/** What the customer was told, and what they would be told now. */
export function NgMails({
  params,
  mails,
  open,
}: {
  readonly params: Params;
  readonly mails: NonNullable<Read<'readNgCase'>['data']>['cases'][number]['mails'];
  readonly open: boolean;
}) {
  const words = useWords();
  const states = useMailStateWords();
  const may = useMay('operator');
  const closeButton = useCloseButton();
  const [previewing, setPreviewing] = useState(false);
  const columns = ['plannedOn', 'state', 'tried', 'link', 'bounced'] as const;
  return (
    <section aria-label={words('title')}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {words('title')}
        </Title>
        {open && may && (
          <Button variant="default" onClick={() => setPreviewing(true)}>
            {words('preview')}
          </Button>
        )}
      </Group>
      {mails.length === 0 ? (
        <Text size="sm" c="dimmed">
          {words('none')}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={600}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                {columns.map((column) => (
                  <Table.Th key={column} scope="col">
                    {words(column)}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {mails.map((mail) => (
                <Table.Tr key={mail.key}>
                  <Table.Td className="figure">{mail.plannedOn}</Table.Td>
                  <Table.Td>{states(mail.state)}</Table.Td>
                  <Table.Td>
                    <Instant at={mail.lastTriedAt} />
                  </Table.Td>
                  <Table.Td>
                    <Instant at={mail.linkExpiresAt} />
                  </Table.Td>
                  <Table.Td>
                    <Instant at={mail.bouncedAt} /> {mail.bounceStatus}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <Drawer
        opened={previewing}
        onClose={() => setPreviewing(false)}
        position="right"
        size="lg"
        title={words('preview')}
        closeButtonProps={closeButton}
      >
        {previewing && <Preview params={params} />}
      </Drawer>
    </section>
  );
}

function Preview({ params }: { readonly params: Params }) {
  const words = useWords();
  const mail = useRead('previewCustomerMail', { params });
  return (
    <Loaded read={mail}>
      {(found) => (
        <Stack>
          <Alert variant="outline">{words('sample')}</Alert>
          {found.to === null && (
            <Alert variant="outline" color="red">
              {words('noAddress')}
            </Alert>
          )}
          {!found.enabled && (
            <Alert variant="outline" color="red">
              {words('off')}
            </Alert>
          )}
          <Table variant="vertical">
            <Table.Tbody>
              {(
                [
                  ['to', found.to ?? '—'],
                  ['from', found.from ?? words('server')],
                  ['subject', found.subject],
                ] as const
              ).map(([name, value]) => (
                <Table.Tr key={name}>
                  <Table.Th w={90} scope="row">
                    {words(name)}
                  </Table.Th>
                  <Table.Td>{value}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <Text size="sm" className="mail-text">
            {found.text}
          </Text>
          <Text size="sm" c="dimmed">
            {words('earliest')}
            <Instant at={found.earliestAt} />
          </Text>
        </Stack>
      )}
    </Loaded>
  );
}
