import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Instant } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { SiblingPages } from '../parts/sibling-pages.tsx';
import { useMerchant } from '../places.ts';
import { useCustomerMailKindLabels } from '../words/mail-words.ts';

const useWords = defineWords('customer-mail-templates', {
  ja: {
    title: '顧客メールの文面',
    on: '顧客へのメール送信は有効です。NGの分類ごとに、次の文面で送ります。',
    off: '顧客へのメール送信は無効です(設定 ng.contact.enabled)。文面は今のうちに直しておけます。',
    settings: '送信の設定を開く',
    kind: '分類',
    subject: '件名',
    version: '版',
    own: '第 {{version}} 版',
    builtIn: '最初からある文面',
    set: '変更',
    none: '文面はありません。',
  },
  en: {
    title: 'Mails to customers',
    on: 'Customers are mailed: by the class of the decline, in these words.',
    off: 'Customers are not mailed (setting ng.contact.enabled). The words can be made ready.',
    settings: 'Open the settings',
    kind: 'Class',
    subject: 'Subject',
    version: 'Version',
    own: 'Version {{version}}',
    builtIn: 'As it came',
    set: 'Changed',
    none: 'No words.',
  },
});

/** What customers of declined charges and of cards that must change are told, class by class. */
function CustomerMailTemplatesPage() {
  const words = useWords();
  const labels = useCustomerMailKindLabels();
  const { merchant, place } = useMerchant();
  const params = { merchant };
  const read = useRead('listCustomerMailTemplates', { params });
  const { data: settings } = useRead('readSettings', { params });
  return (
    <Page title={words('title')}>
      <SiblingPages family="of-mails" />
      {settings !== undefined && (
        <Text size="sm">
          {words(settings.settings.ng.contact.enabled ? 'on' : 'off')}{' '}
          <Anchor component={Link} to={`${place('settings')}?block=ng`} inherit>
            {words('settings')}
          </Anchor>
        </Text>
      )}
      <Loaded read={read} lines={4}>
        {({ templates }) => (
          <ListTable
            label={words('title')}
            rows={templates}
            keyOf={({ kind }) => kind}
            none={words('none')}
            columns={[
              {
                title: words('kind'),
                cell: ({ kind, label }) => (
                  <Anchor component={Link} to={place('customer-mail-templates', kind)} size="sm">
                    {labels(kind, label)}
                  </Anchor>
                ),
              },
              { title: words('subject'), cell: ({ subject }) => subject },
              {
                title: words('version'),
                cell: ({ version }) => (
                  <span className="figure">
                    {version === 0 ? words('builtIn') : words('own', { version })}
                  </span>
                ),
              },
              {
                title: words('set'),
                cell: ({ setAt, setBy }) =>
                  setAt === null ? (
                    '—'
                  ) : (
                    <>
                      <Instant at={setAt} /> {setBy}
                    </>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: CustomerMailTemplatesPage };
