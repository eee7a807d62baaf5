import { Card, Group, Stack, Text } from '@mantine/core';
import { useParams } from 'react-router';
import {
  EXCHANGE_KINDS,
  type ExchangeKind,
  isFinishedExchange,
} from '../../../billing/exchange.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { ExchangeFacts } from '../parts/exchange-facts.tsx';
import { FormatErrorList } from '../parts/format-errors.tsx';
import { HandOver } from '../parts/hand-over.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { Page } from '../parts/page.tsx';
import { ResultDrop } from '../parts/result-drop.tsx';
import { ResultLines } from '../parts/result-lines.tsx';
import { ResultTotals } from '../parts/result-totals.tsx';
import { ExchangeStageBadge } from '../parts/stage-badge.tsx';
import { UnclearUpload } from '../parts/unclear-upload.tsx';
import { WorkflowLink } from '../parts/workflow-link.tsx';
import { useMerchant } from '../places.ts';
import { exchangeWorkflow } from '../workflow-names.ts';

const useWords = defineWords('exchange', {
  ja: { files: 'ファイル授受', cycle: '{{month}} の請求' },
  en: { files: 'Files', cycle: 'Billing of {{month}}' },
});

export type ExchangeDetail = NonNullable<Read<'readExchange'>['data']>;

/** Which file: as every act on it names it. */
export interface ExchangeParams {
  readonly merchant: string;
  readonly month: string;
  readonly kind: ExchangeKind;
  readonly number: number;
}

const everyMs = 3000;

function ExchangePage() {
  const words = useWords();
  const { month = '', kind: text = '', number = '' } = useParams();
  const { merchant, place } = useMerchant();
  const kind = EXCHANGE_KINDS.find((one) => one === text) ?? 'auth';
  const params: ExchangeParams = { merchant, month, kind, number: Number(number) };
  const exchange = useRead('readExchange', { params }, { everyMs });
  return (
    <Page
      title={exchange.data?.fileName ?? `${kind} ${month} ${number}`}
      above={[
        { to: place('cycles', month), title: words('cycle', { month }) },
        { to: `${place('exchanges')}?month=${month}`, title: words('files') },
      ]}
      actions={<WorkflowLink workflowId={exchangeWorkflow(merchant, month, kind, params.number)} />}
    >
      <Loaded read={exchange}>
        {(found) => (
          <Stack>
            <Card withBorder padding="lg">
              <Group gap="sm" mb="xs">
                <ExchangeStageBadge stage={found.stage} attention={found.attention} />
              </Group>
              <Text aria-live="polite">{found.waitsFor}</Text>
              {found.note !== null && <Text c="dimmed">{found.note}</Text>}
            </Card>
            {(found.stage === 'built' || found.stage === 'handing_over') && (
              <HandOver exchange={found} params={params} />
            )}
            {found.stage === 'unknown' && <UnclearUpload exchange={found} params={params} />}
            {(found.stage === 'awaiting_result' || isFinishedExchange(found.stage)) && (
              <ResultDrop exchange={found} params={params} />
            )}
            {found.formatErrors.length > 0 && <FormatErrorList errors={found.formatErrors} />}
            {found.result !== null && <ResultTotals exchange={found} />}
            {found.result !== null && <ResultLines params={params} />}
            <ExchangeFacts exchange={found} params={params} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

export const route = { Component: ExchangePage };
