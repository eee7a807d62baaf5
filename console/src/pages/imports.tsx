import {
  Anchor,
  Badge,
  Group,
  Progress,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { importKinds } from '../../../billing/file-import.ts';
import { type Read, useRead } from '../api.ts';
import { defineWords } from '../language.ts';
import { Count, Instant } from '../parts/figures.tsx';
import { ImportDrawer } from '../parts/import-drawer.tsx';
import { ImportUpload } from '../parts/import-upload.tsx';
import { Empty, Loaded } from '../parts/loaded.tsx';
import { NumberedPager } from '../parts/numbered-pager.tsx';
import { Page } from '../parts/page.tsx';
import { ReadTable } from '../parts/read-table.tsx';
import { SearchForm, useFilters } from '../parts/search-form.tsx';
import { useMerchant } from '../places.ts';
import { useMay } from '../session.tsx';
import { useImportKindWords, useImportStageWords } from '../words/import-words.ts';

const useWords = defineWords('imports', {
  ja: {
    title: '取り込み',
    search: '取り込み履歴の検索',
    fileName: 'ファイル名(完全一致)',
    kind: '種別',
    all: 'すべて',
    from: '登録日時(から)',
    to: '登録日時(まで)',
    sort: '並び順',
    registeredAt: '新しい順',
    failed: '取込失敗の多い順',
    rows: '件数の多い順',
    history: '取り込み履歴',
    file: 'ファイル名',
    registered: '登録日時',
    who: '登録した人',
    stage: '状態',
    count: '件数',
    imported: '取込成功',
    failures: '取込失敗',
    none: '該当する取り込みはありません。条件を消すか、上にファイルをドロップしてください。',
    progress: '{{file}} の進み具合',
  },
  en: {
    title: 'Imports',
    search: 'Search the history',
    fileName: 'File name (exact)',
    kind: 'Kind',
    all: 'All',
    from: 'Registered from',
    to: 'to',
    sort: 'Order',
    registeredAt: 'Newest first',
    failed: 'Most failed first',
    rows: 'Most rows first',
    history: 'History',
    file: 'File',
    registered: 'Registered',
    who: 'By',
    stage: 'State',
    count: 'Rows',
    imported: 'Imported',
    failures: 'Failed',
    none: 'No such import. Clear the search, or drop a file above.',
    progress: 'Progress of {{file}}',
  },
});

export type ImportRow = NonNullable<Read<'listImports'>['data']>['imports'][number];
const names = ['fileName', 'kind', 'from', 'to', 'sort'] as const;
const SORTS = ['registeredAt', 'failed', 'rows'] as const;
export const IMPORT_PAGE_SIZES = ['10', '20', '50', '100'] as const;

/** What a person typed as Japan's clock shows it, as the instant of the API. */
function instantOf(local: string | undefined): string | undefined {
  const ms = local === undefined ? Number.NaN : Date.parse(`${local}+09:00`);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

function useImportQuery() {
  const { filter } = useFilters();
  const page = Number(filter('page'));
  return {
    fileName: filter('fileName'),
    kind: importKinds.find((one) => one === filter('kind')),
    from: instantOf(filter('from')),
    to: instantOf(filter('to')),
    sort: SORTS.find((one) => one === filter('sort')) ?? ('registeredAt' as const),
    page: Number.isInteger(page) && page > 0 ? page : 1,
    pageSize: IMPORT_PAGE_SIZES.find((one) => one === filter('size')) ?? ('20' as const),
  };
}

/** The history, and (at the address that mails name) one import of it beside. */
function ImportsPage() {
  const words = useWords();
  const { merchant, place } = useMerchant();
  const { number } = useParams();
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const may = useMay('operator');
  const query = useImportQuery();
  const imports = useRead('listImports', { params: { merchant }, query }, { everyMs: 2000 });
  return (
    <Page title={words('title')}>
      {may && <ImportUpload />}
      <ImportSearch />
      <Loaded read={imports}>
        {({ imports: found, total }) => (
          <Stack>
            {found.length === 0 ? (
              <Empty>{words('none')}</Empty>
            ) : (
              <ImportTable imports={found} search={search.toString()} />
            )}
            <NumberedPager
              total={total}
              page={query.page}
              size={query.pageSize}
              sizes={IMPORT_PAGE_SIZES}
            />
          </Stack>
        )}
      </Loaded>
      <ImportDrawer
        number={number === undefined ? null : Number(number)}
        onClose={() => void navigate(`${place('imports')}?${search}`)}
      />
    </Page>
  );
}

function ImportSearch() {
  const words = useWords();
  const kinds = useImportKindWords();
  return (
    <SearchForm label={words('search')} names={names}>
      {({ field, choice }) => (
        <>
          <TextInput label={words('fileName')} w={220} {...field('fileName')} />
          <Select
            label={words('kind')}
            w={190}
            data={[
              { value: '', label: words('all') },
              ...importKinds.map((value) => ({ value, label: kinds(value) })),
            ]}
            {...choice('kind')}
          />
          <TextInput type="datetime-local" label={words('from')} {...field('from')} />
          <TextInput type="datetime-local" label={words('to')} {...field('to')} />
          <Select
            label={words('sort')}
            w={170}
            data={SORTS.map((value) => ({
              value: value === 'registeredAt' ? '' : value,
              label: words(value),
            }))}
            {...choice('sort')}
          />
        </>
      )}
    </SearchForm>
  );
}

function ImportTable({
  imports,
  search,
}: {
  readonly imports: readonly ImportRow[];
  readonly search: string;
}) {
  const words = useWords();
  const figures = ['count', 'imported', 'failures'] as const;
  return (
    <Table.ScrollContainer minWidth={900}>
      <ReadTable highlightOnHover aria-label={words('history')}>
        <Table.Thead>
          <Table.Tr>
            {(['file', 'kind', 'registered', 'stage'] as const).map((column) => (
              <Table.Th key={column} scope="col">
                {words(column)}
              </Table.Th>
            ))}
            {figures.map((column) => (
              <Table.Th key={column} scope="col" className="figure">
                {words(column)}
              </Table.Th>
            ))}
            <Table.Th scope="col">{words('who')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {imports.map((one) => (
            <ImportLine key={one.number} one={one} search={search} />
          ))}
        </Table.Tbody>
      </ReadTable>
    </Table.ScrollContainer>
  );
}

function ImportLine({ one, search }: { readonly one: ImportRow; readonly search: string }) {
  const words = useWords();
  const kinds = useImportKindWords();
  const { place } = useMerchant();
  const to = `${place('imports', one.number)}?${search}`;
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} to={to}>
          {one.fileName}
        </Anchor>
      </Table.Td>
      <Table.Td>{kinds(one.kind)}</Table.Td>
      <Table.Td>
        <Instant at={one.registeredAt} />
      </Table.Td>
      <Table.Td>
        <ImportStageBadge one={one} />
        {one.stage === 'running' && (
          // How many rows the file has is known at its end: a bar that moves, without a share.
          <Progress.Root
            mt={4}
            size="sm"
            role="progressbar"
            aria-label={words('progress', { file: one.fileName })}
          >
            <Progress.Section value={100} animated striped withAria={false} />
          </Progress.Root>
        )}
      </Table.Td>
      <Table.Td className="figure">
        <Count count={one.rows} />
      </Table.Td>
      <Table.Td className="figure">
        <Count count={one.imported} />
      </Table.Td>
      <Table.Td className="figure">
        {one.failed === 0 ? (
          <Count count={0} />
        ) : (
          <Anchor component={Link} to={to} fw={700}>
            <Count count={one.failed} />
          </Anchor>
        )}
      </Table.Td>
      <Table.Td>
        <Text size="sm">{one.registeredBy}</Text>
      </Table.Td>
    </Table.Tr>
  );
}

export function ImportStageBadge({ one }: { readonly one: Pick<ImportRow, 'stage' | 'failed'> }) {
  const stages = useImportStageWords();
  const person = one.stage === 'uploaded' || one.stage === 'refused' || one.failed > 0;
  return (
    <Group gap={4} wrap="nowrap">
      <Badge color={one.stage === 'cancelled' ? 'gray' : person ? 'red' : 'indigo'}>
        {person && '● '}
        {stages(one.stage)}
      </Badge>
    </Group>
  );
}

export const route = { Component: ImportsPage };
