import { Alert, Stack, Text } from '@mantine/core';
import { useParams } from 'react-router';
import { useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Count, Instant, Yen } from '../parts/figures.tsx';
import { ListTable } from '../parts/list-table.tsx';
import { Loaded } from '../parts/loaded.tsx';
import {
  AnswerOverride,
  AskOverride,
  type Lock,
  useMismatchWords,
} from '../parts/lock-override.tsx';
import { Page } from '../parts/page.tsx';
import { SaveButton } from '../parts/save-button.tsx';
import { FactsTable, Section } from '../parts/section.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useUnlockLabels } from '../words/api-labels.ts';
import { useRefreshVerdictWords } from '../words/card-words.ts';

const useWords = defineWords('card-lock', {
  ja: {
    list: 'カード利用停止',
    title: 'カード利用停止 {{number}}',
    locked: '停止中: このカードで払う注文は請求から除かれています',
    released: '解除済み: {{label}}',
    lockedHint:
      'カードが変更されると自動で解除されます。停止時に有効だった定期受注がすべて別のカードに変わった場合も、注文は請求に戻ります(「終了」にしただけでは戻りません)。判定の取り違えが証明できる場合だけ、2名の確認で解除できます。',
    facts: '証跡',
    customer: '顧客',
    card: 'カード',
    verdict: '洗替判定結果',
    month: '洗替の月',
    file: '結果ファイル (sha256)',
    line: '結果ファイルの行 / 依頼の行',
    lockedAt: '停止',
    unlockedAt: '解除',
    claimed: '停止中に請求されたこの顧客のオーソリ',
    keptOut: '請求から除いた注文',
    keptOutNone: 'まだ請求から除いた注文はありません。',
    keptMonth: '請求月',
    keptAt: '除いた時点',
    takenFrom: '取り出し元のファイル',
    orders: '注文番号',
    yen: '金額',
    files: '除いて送ったファイル',
    override: '照合ミスによる解除(2名確認)',
    mismatch: '取り違えの内容',
    evidence: '証拠のファイル (sha256)',
    download: 'ファイルを取り出す',
    reason: '理由',
    requested: '申請',
    answer: '承認',
    waiting: '承認待ち',
    approved: '承認',
    rejected: '却下',
    notAsked: '解除の申請はありません。',
  },
  en: {
    list: 'Locked cards',
    title: 'Card lock {{number}}',
    locked: 'Locked: orders that this card would pay are kept out of billing',
    released: 'Released: {{label}}',
    lockedHint:
      'It falls when the card is replaced. Orders are billed again, too, once every subscription that ran when it was locked charges another card (to end one is not enough). Only a proven mis-match may be overridden, by four eyes.',
    facts: 'Evidence',
    customer: 'Customer',
    card: 'Card',
    verdict: 'Verdict',
    month: 'Refresh of',
    file: 'Result file (sha256)',
    line: 'Line of the result / of the request',
    lockedAt: 'Locked',
    unlockedAt: 'Released',
    claimed: "The customer's authorizations claimed while it stood",
    keptOut: 'Orders kept out of billing',
    keptOutNone: 'No order was kept out yet.',
    keptMonth: 'Month',
    keptAt: 'Kept out at',
    takenFrom: 'Taken out of',
    orders: 'Orders',
    yen: 'Amount',
    files: 'Files that left without them',
    override: 'Override of a mis-match (four eyes)',
    mismatch: 'Mis-match',
    evidence: 'Proof (sha256)',
    download: 'Download the file',
    reason: 'Reason',
    requested: 'Asked',
    answer: 'Answer',
    waiting: 'Awaits an approver',
    approved: 'Approved',
    rejected: 'Rejected',
    notAsked: 'Nobody has asked for an override.',
  },
});

const useKeptOutWords = defineWords('kept-out', {
  ja: {
    selection: '請求対象の選定',
    file: 'オーソリファイルの作成',
    taken_out: '送信前のファイルからの取り出し',
    retry: '再オーソリの停止',
    carry_over: '繰越の停止',
    again: '期限切れ・取消後の再オーソリの停止',
  },
  en: {
    selection: 'The selection',
    file: 'The building of a file',
    taken_out: 'A file that had not left',
    retry: 'A stopped retry',
    carry_over: 'A stopped carry-over',
    again: 'Another authorization after expiry or void',
  },
});

function CardLockPage() {
  const unlocks = useUnlockLabels();
  const words = useWords();
  const { lock: number = '' } = useParams();
  const { merchant, place } = useMerchant();
  const params = { merchant, lock: Number(number) };
  const read = useRead('readCardLock', { params }, { everyMs: 10_000 });
  return (
    <Page
      title={words('title', { number })}
      above={[{ to: place('card-locks'), title: words('list') }]}
    >
      <Loaded read={read}>
        {({ lock, warning }) => (
          <>
            <Alert
              color={lock.unlockedAt === null ? 'red' : 'teal'}
              variant="outline"
              role="status"
              title={
                lock.unlockedAt === null
                  ? words('locked')
                  : words('released', {
                      label: unlocks(lock.unlockedBy ?? '', lock.unlockedLabel ?? ''),
                    })
              }
            >
              {lock.unlockedAt === null && words('lockedHint')}
            </Alert>
            <Evidence lock={lock} />
            <Override lock={lock} warning={warning} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Evidence({ lock }: { readonly lock: Lock }) {
  const judged = useRefreshVerdictWords();
  const words = useWords();
  const places = useKeptOutWords();
  return (
    <>
      <Section title={words('facts')}>
        <FactsTable
          label={words('facts')}
          facts={[
            [words('customer'), `${lock.customerNumber}(${lock.customerId})`],
            [words('card'), `${lock.service} …${lock.lastDigits} ${lock.expiry}`],
            [words('verdict'), judged(lock.verdict)],
            [words('month'), lock.month],
            [words('file'), <StoredFile key="file" sha256={lock.resultSha256} />],
            [words('line'), `${lock.resultLine} / ${lock.requestLine}`],
            [words('lockedAt'), <Instant key="locked" at={lock.lockedAt} />],
            [words('unlockedAt'), <Instant key="unlocked" at={lock.unlockedAt} />],
            [words('claimed'), <Count key="claimed" count={lock.claimedWhileLocked} />],
          ]}
        />
      </Section>
      <Section title={words('keptOut')}>
        <ListTable
          label={words('keptOut')}
          rows={lock.keptOut}
          keyOf={({ month, at }) => `${month} ${at}`}
          none={words('keptOutNone')}
          columns={[
            { title: words('keptMonth'), cell: ({ month }) => month },
            { title: words('keptAt'), cell: ({ at }) => places(at) },
            { title: words('orders'), cell: ({ orderNumbers }) => orderNumbers.join('、') },
            { title: words('yen'), numeric: true, cell: ({ yen }) => <Yen amount={yen} /> },
            { title: words('takenFrom'), cell: ({ takenFrom }) => <FileNames files={takenFrom} /> },
            { title: words('files'), cell: ({ files }) => <FileNames files={files} /> },
          ]}
        />
      </Section>
    </>
  );
}

function FileNames({ files }: { readonly files: Lock['keptOut'][number]['files'] }) {
  return (
    <Stack gap={0}>
      {files.map(({ name, sha256 }) => (
        <StoredFile key={sha256} sha256={sha256} name={name} />
      ))}
    </Stack>
  );
}

/** A file to look at: who vouches for it has to have seen what is in it. */
function StoredFile({ sha256, name }: { readonly sha256: string; readonly name?: string }) {
  const words = useWords();
  const { merchant } = useMerchant();
  const may = useMay('operator');
  return (
    <Stack gap={2} align="flex-start">
      {name === undefined && <span className="raw-line">{sha256}</span>}
      {may ? (
        <SaveButton
          route="downloadFile"
          input={{ params: { merchant, sha256 } }}
          label={name ?? words('download')}
          size="compact-sm"
        />
      ) : (
        name !== undefined && (
          <Text size="sm" title={sha256}>
            {name}
          </Text>
        )
      )}
    </Stack>
  );
}

function Override({ lock, warning }: { readonly lock: Lock; readonly warning: string }) {
  const words = useWords();
  const mismatches = useMismatchWords();
  const { override } = lock;
  const open = lock.unlockedAt === null;
  return (
    <Section
      title={words('override')}
      actions={
        open &&
        (override !== null && override.answer === null ? (
          // Another request closes a dialog that was opened over this one.
          <AnswerOverride key={override.n} lock={lock} warning={warning} override={override.n} />
        ) : (
          <AskOverride lock={lock} warning={warning} />
        ))
      }
    >
      {override === null ? (
        <Text size="sm">{words('notAsked')}</Text>
      ) : (
        <FactsTable
          label={words('override')}
          facts={[
            [words('mismatch'), mismatches(override.mismatch)],
            [words('evidence'), <StoredFile key="proof" sha256={override.evidenceSha256} />],
            [words('reason'), override.reason],
            [
              words('requested'),
              <Text key="by" span size="sm">
                {override.requestedBy} <Instant at={override.requestedAt} />
              </Text>,
            ],
            [
              words('answer'),
              <Text key="answer" span size="sm">
                {words(override.answer ?? 'waiting')} {override.answeredBy}{' '}
                {override.answeredAt !== null && <Instant at={override.answeredAt} />}{' '}
                {override.answerReason}
              </Text>,
            ],
          ]}
        />
      )}
    </Section>
  );
}

export const route = { Component: CardLockPage };
