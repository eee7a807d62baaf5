/** Why a row keeps its month from closing, in the order in which they are listed. */
export const OPEN_REASONS = [
  'unjudged',
  'selected_without_charge',
  'charge_without_selection',
  'charge_amount_differs',
  'line_missing',
  'line_amount_differs',
  'line_without_verdict',
  'contradiction',
  'stray',
  'quarantined',
  'unknown',
  'declined',
  'expired',
  'capture_refused',
  'held',
  'planned',
  'authorized',
  'sent',
  'capture_sent',
  'void_sent',
] as const;
export type OpenReason = (typeof OPEN_REASONS)[number];

/** Who moves it: a person here, the PSP's answer, or nobody but a developer. */
export const OPEN_MOVERS = ['operator', 'psp', 'developer'] as const;
export type OpenMover = (typeof OPEN_MOVERS)[number];

export interface OpenReasonWords {
  /** Japanese. */
  readonly label: string;
  /** Japanese: the act that moves it on. */
  readonly act: string;
  readonly mover: OpenMover;
}

const broken = '記録が合いません。何も失われていません。開発担当に連絡してください。';

export const openReasonWords: Readonly<Record<OpenReason, OpenReasonWords>> = {
  unjudged: { label: '判定のない取込行', act: broken, mover: 'developer' },
  selected_without_charge: {
    label: 'まだ請求していない注文',
    act: '追加で請求するか、保留にしてください。',
    mover: 'operator',
  },
  charge_without_selection: { label: '選定のない請求', act: broken, mover: 'developer' },
  charge_amount_differs: { label: '選定と金額が違う請求', act: broken, mover: 'developer' },
  line_missing: { label: '明細のないファイルの行', act: broken, mover: 'developer' },
  line_amount_differs: { label: '請求と金額が違う明細', act: broken, mover: 'developer' },
  line_without_verdict: { label: '結果のない明細', act: broken, mover: 'developer' },
  contradiction: {
    label: '記録と矛盾する結果',
    act: 'ペイジェントの画面で確認し、必要なら取り消して、「要確認」に記録してください。',
    mover: 'operator',
  },
  stray: {
    label: '送信していない結果行',
    act: '「要確認」で内容を確かめ、処理を選んでください。',
    mover: 'operator',
  },
  quarantined: {
    label: '要確認の結果',
    act: '「要確認」で送信内容との違いを確かめ、結果を確定してください。',
    mover: 'operator',
  },
  unknown: {
    label: '結果不明',
    act: 'ペイジェントの画面で確かめ、結果を確定してください。',
    mover: 'operator',
  },
  declined: {
    label: 'オーソリNG',
    act: 'NG案件の対応を進めるか、請求を終了(断念・キャンセル)してください。',
    mover: 'operator',
  },
  expired: {
    label: 'オーソリ期限切れ',
    act: 'もう一度オーソリするか、請求を終了してください。',
    mover: 'operator',
  },
  capture_refused: {
    label: '売上未計上',
    act: '原因を確かめ、売上ファイルを作り直すか、取り消してください。',
    mover: 'operator',
  },
  held: {
    label: '保留',
    act: '保留を解除するか、請求を終了してください。',
    mover: 'operator',
  },
  planned: {
    label: '未送信',
    act: '承認または原因を確かめ、ファイルを作り直すか、請求を終了してください。',
    mover: 'operator',
  },
  authorized: {
    label: '売上処理待ち',
    act: '発送の記録または売上処理する請求の指定を待っています。期限までに売上処理するか、取り消してください。',
    mover: 'operator',
  },
  sent: {
    label: 'オーソリ結果待ち',
    act: '結果ファイルを取り込んでください。',
    mover: 'psp',
  },
  capture_sent: {
    label: '売上結果待ち',
    act: '結果ファイルを取り込んでください。',
    mover: 'psp',
  },
  void_sent: {
    label: '取消結果待ち',
    act: 'ペイジェントの画面で取り消し、結果を記録してください。',
    mover: 'operator',
  },
};

/** Rows that keep the sums of a month from adding up. */
export const CONSERVATION_REASONS: readonly OpenReason[] = OPEN_REASONS.slice(
  0,
  OPEN_REASONS.indexOf('contradiction'),
);

/** Those that should never be found, whatever happens in a month: only developers can say why. */
export const BROKEN_REASONS: readonly OpenReason[] = OPEN_REASONS.filter(
  (reason) => openReasonWords[reason].mover === 'developer',
);

/** As people work them. */
export const inOrderOfReasons = <Of extends { readonly reason: OpenReason }>(
  counts: readonly Of[],
): Of[] =>
  counts.toSorted((a, b) => OPEN_REASONS.indexOf(a.reason) - OPEN_REASONS.indexOf(b.reason));

/** A row that keeps its month from closing. */
export interface OpenRow {
  readonly reason: OpenReason;
  /** Unique within its reason: the order number, else the place. */
  readonly key: string;
  readonly orderNumber: string | null;
  readonly yen: number | null;
  /** The file that it is in, or was in last, and its line there; the header is line 1. */
  readonly file: string | null;
  readonly line: number | null;
}

/** The first few rows that break a sum, as the refusal to close names them. */
export function nameRows(rows: readonly OpenRow[], more: boolean): string {
  const named = rows.map(({ reason, orderNumber, key, file, line }) => {
    const place = file === null ? '' : `、${file} の ${line ?? '?'} 行目`;
    return `${openReasonWords[reason].label}: ${orderNumber ?? key}${orderNumber === null ? '' : place}`;
  });
  return named.length === 0 ? '' : `該当行は ${named.join('、')}${more ? ' など' : ''}です。`;
}
