/** What is imported: the shop's customers, or the stored cards of a PSP. */
export const importKinds = ['customers', 'cards'] as const;
export type ImportKind = (typeof importKinds)[number];

/** The two kinds as the screens name them. */
export const importKindsJa: Readonly<Record<ImportKind, string>> = {
  customers: '顧客一括',
  cards: 'クレジットカードデータ',
};

/** The kind under which the file store keeps an import's bytes; the guard knows its columns by it. */
export const importFileKinds = { customers: 'customer-import', cards: 'card-import' } as const;

/**
 * `uploaded`: held until a person starts or deletes it. `running`: being read and merged.
 * `refused`: the file as a whole could not be read; nothing of it was imported.
 */
export const importStages = ['uploaded', 'running', 'done', 'refused', 'cancelled'] as const;
export type ImportStage = (typeof importStages)[number];

export function isFinishedImport(stage: ImportStage): boolean {
  return stage !== 'uploaded' && stage !== 'running';
}

/** Where an import stands; every row of the file is imported or failed, never both, never neither. */
export interface ImportFacts {
  readonly stage: ImportStage;
  /** Data rows of the file; of a running import, those that were read so far. */
  readonly rows: number;
  readonly imported: number;
  readonly failed: number;
  /** Imported rows that a person should look at. */
  readonly warned: number;
  /** The sentence with which the file was refused; null otherwise. */
  readonly trouble: string | null;
}

/** What the import waits for or ended with, for operators. */
export function describeImport(facts: ImportFacts): string {
  const count = (rows: number) => rows.toLocaleString('en-US');
  switch (facts.stage) {
    case 'uploaded':
      return 'アップロード済みです。取り込みの開始、または削除を待っています。';
    case 'running':
      return `取り込み中です (${count(facts.rows)} 行を読みました)。`;
    case 'done':
      return `取り込みました。成功 ${count(facts.imported)} 件、失敗 ${count(facts.failed)} 件。`;
    case 'refused':
      return facts.trouble ?? 'ファイルを取り込めませんでした。';
    case 'cancelled':
      return '取り込む前に削除しました。何も取り込んでいません。';
  }
}

const swappedShare = 0.1;

/**
 * Whether so many expiry dates have their month in the other half that year and month were probably
 * exchanged in the whole file: a tenth of the rows, since a slip of a hand is seldom that frequent.
 */
export function looksSwapped(counts: { readonly rows: number; readonly swapped: number }): boolean {
  return counts.swapped > 0 && counts.swapped >= counts.rows * swappedShare;
}
