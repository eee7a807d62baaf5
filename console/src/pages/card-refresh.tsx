import { Alert, Tabs, Text } from '@mantine/core';
import { useParams, useSearchParams } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Count, Instant } from '../parts/figures.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { type Refresh, RefreshActs } from '../parts/refresh-acts.tsx';
import { RefreshQuarantine } from '../parts/refresh-quarantine.tsx';
import { RefreshResults } from '../parts/refresh-results.tsx';
import { RefreshTargets } from '../parts/refresh-targets.tsx';
import { FactsTable, Section } from '../parts/section.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { useRefreshStageWords } from '../words/card-words.ts';
import { cardRefreshWorkflow } from '../workflow-names.ts';

const useWords = defineWords('card-refresh', {
  ja: {
    list: '洗替',
    title: '{{month}} の洗替',
    waits: '現在の状態',
    person: '対応が必要です',
    facts: '洗替の記録',
    stage: '段階',
    first: '初回洗替(全カードが対象)',
    yes: 'はい',
    no: 'いいえ',
    requestAt: '依頼の予定',
    sentAt: '依頼の送信',
    resultDueAt: '結果の予定',
    nextAt: '次の自動処理',
    closedAt: '終了',
    resultFiles: '取り込んだ結果ファイル',
    counts: '結果の件数',
    targets: '依頼したカード',
    merged: '取り込んだ結果',
    renewed: 'カードを更新',
    valid: '有効性OK',
    noNewerData: '有効だが期限が切れる(更新なし)',
    invalid: '有効性NG',
    mismatched: '照合エラー',
    inputErrors: '入力データエラー',
    missing: '結果のないカード',
    quarantined: '要確認の行',
    results: '結果',
    preview: '対象と理由',
    quarantine: '要確認の行',
    tabs: '洗替の明細',
  },
  en: {
    list: 'Card refresh',
    title: 'Card refresh of {{month}}',
    waits: 'Where it stands',
    person: 'A person is needed',
    facts: 'Record of the refresh',
    stage: 'Stage',
    first: 'First refresh (all cards)',
    yes: 'Yes',
    no: 'No',
    requestAt: 'Request due',
    sentAt: 'Request sent',
    resultDueAt: 'Result due',
    nextAt: 'Next machine step',
    closedAt: 'Closed',
    resultFiles: 'Result files merged',
    counts: 'Counts of the result',
    targets: 'Cards asked for',
    merged: 'Results merged',
    renewed: 'Cards renewed',
    valid: 'Valid',
    noNewerData: 'Valid but expiring, not renewed',
    invalid: 'Invalid',
    mismatched: 'Mismatch',
    inputErrors: 'Input errors',
    missing: 'Cards without a result',
    quarantined: 'Quarantined lines',
    results: 'Results',
    preview: 'Targets, and why',
    quarantine: 'Quarantine',
    tabs: 'Details of the refresh',
  },
});

const countNames = [
  'targets',
  'merged',
  'renewed',
  'valid',
  'noNewerData',
  'invalid',
  'mismatched',
  'inputErrors',
  'missing',
  'quarantined',
] as const;

function CardRefreshPage() {
  const words = useWords();
  const { month = '' } = useParams();
  const { merchant, place } = useMerchant();
  const params = { merchant, month };
  const read = useRead('readCardRefresh', { params }, { everyMs: 5000 });
  return (
    <Page
      title={words('title', { month })}
      above={[{ to: place('card-refreshes'), title: words('list') }]}
      actions={
        <>
          <WorkflowLink workflowId={cardRefreshWorkflow(merchant, month)} />
          {read.data !== undefined && <RefreshActs refresh={read.data} />}
        </>
      }
    >
      <Loaded read={read}>
        {(refresh) => (
          <>
            <Alert
              color={refresh.attention ? 'yellow' : 'gray'}
              variant="outline"
              title={words(refresh.attention ? 'person' : 'waits')}
              role="status"
            >
              <Text size="sm">{refresh.waitsFor}</Text>
              {refresh.note !== null && <Text size="sm">{refresh.note}</Text>}
            </Alert>
            <Facts refresh={refresh} />
          </>
        )}
      </Loaded>
      <Details month={month} judged={read.data !== undefined && read.data.counts !== null} />
    </Page>
  );
}

function Facts({ refresh }: { readonly refresh: Refresh }) {
  const words = useWords();
  const stages = useRefreshStageWords();
  const { counts, first } = refresh;
  return (
    <>
      {counts !== null && (
        <Section title={words('counts')}>
          <FactsTable
            label={words('counts')}
            facts={countNames.map((name) => [
              words(name),
              <Count key={name} count={counts[name]} />,
            ])}
          />
        </Section>
      )}
      <Section title={words('facts')}>
        <FactsTable
          label={words('facts')}
          facts={[
            [words('stage'), stages(refresh.stage)],
            [words('first'), first === null ? '—' : words(first ? 'yes' : 'no')],
            [words('requestAt'), <Instant key="request" at={refresh.requestAt} />],
            [words('sentAt'), <Instant key="sent" at={refresh.sentAt} />],
            [words('resultDueAt'), <Instant key="due" at={refresh.resultDueAt} />],
            [words('nextAt'), <Instant key="next" at={refresh.nextAt} />],
            [words('closedAt'), <Instant key="closed" at={refresh.closedAt} />],
            [words('resultFiles'), <Count key="files" count={refresh.resultFiles} />],
          ]}
        />
      </Section>
    </>
  );
}

/** Which list is shown stands in the address. */
function Details({ month, judged }: { readonly month: string; readonly judged: boolean }) {
  const words = useWords();
  const [search, setSearch] = useSearchParams();
  const shown = search.get('show') ?? (judged ? 'results' : 'preview');
  return (
    <Tabs
      value={shown}
      keepMounted={false}
      onChange={(value) => setSearch(value === null ? {} : { show: value })}
    >
      <Tabs.List aria-label={words('tabs')}>
        <Tabs.Tab value="results">{words('results')}</Tabs.Tab>
        <Tabs.Tab value="preview">{words('preview')}</Tabs.Tab>
        <Tabs.Tab value="quarantine">{words('quarantine')}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="results" pt="md">
        <RefreshResults month={month} />
      </Tabs.Panel>
      <Tabs.Panel value="preview" pt="md">
        <RefreshTargets month={month} />
      </Tabs.Panel>
      <Tabs.Panel value="quarantine" pt="md">
        <RefreshQuarantine month={month} />
      </Tabs.Panel>
    </Tabs>
  );
}

export const route = { Component: CardRefreshPage };
