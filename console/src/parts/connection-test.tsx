import { Alert, Button, Group, List, Text } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api.ts';
import { defineWords } from '../language.ts';
import { useMerchant } from '../places.ts';
import { ProblemNote } from './problem-note.tsx';
import { Section } from './section.tsx';

const useWords = defineWords('connection-test', {
  ja: {
    test: '接続テスト',
    testTitle: 'GMO との接続',
    works: '接続できます',
    fails: '接続できません',
    testHint: 'SFTPに接続し、フォルダーを見るだけです。何も書き込みません。',
    requestFolder: '依頼フォルダー',
    resultFolder: '結果フォルダー',
    empty: '(空)',
  },
  en: {
    test: 'Test the connection',
    testTitle: 'Connection to GMO',
    works: 'It works',
    fails: 'It does not work',
    testHint: 'It connects over SFTP and looks into the folders. Nothing is written.',
    requestFolder: 'Request folder',
    resultFolder: 'Result folder',
    empty: '(empty)',
  },
});

/** Tried before the day: with wrong settings there is no refresh that month. */
export function ConnectionTest() {
  const words = useWords();
  const { merchant } = useMerchant();
  const test = useAct('testRefreshConnection');
  const [found, setFound] = useState<Awaited<ReturnType<typeof test.act>>>(null);
  const run = async () => setFound(await test.act({ params: { merchant }, body: { month: null } }));
  return (
    <Section
      title={words('testTitle')}
      actions={
        <Button variant="default" loading={test.acting} onClick={() => void run()}>
          {words('test')}
        </Button>
      }
    >
      <Text size="sm">{words('testHint')}</Text>
      <ProblemNote problem={test.problem} />
      {found !== null && (
        <Alert
          color={found.works ? 'teal' : 'red'}
          variant="outline"
          title={words(found.works ? 'works' : 'fails')}
          role="status"
        >
          <Text size="sm">{found.detail}</Text>
          {found.works && (
            <Group align="flex-start" mt="xs" gap="xl">
              {(['requestFolder', 'resultFolder'] as const).map((folder) => (
                <div key={folder}>
                  <Text size="sm" fw={600}>
                    {words(folder)}
                  </Text>
                  <List size="sm">
                    {found[folder].length === 0 && <List.Item>{words('empty')}</List.Item>}
                    {found[folder].map(({ name, bytes }) => (
                      <List.Item key={name}>
                        {name} ({bytes} B)
                      </List.Item>
                    ))}
                  </List>
                </div>
              ))}
            </Group>
          )}
        </Alert>
      )}
    </Section>
  );
}
