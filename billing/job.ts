/** ジョブ管理 (manual 004): what runs with files or many rows, by the names that operators know. */
export const JOB_KINDS = ['card_refresh', 'import_customers', 'import_cards'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const jobLabels: Readonly<Record<JobKind, string>> = {
  card_refresh: 'GMO 洗替結果取得',
  import_customers: '顧客データ取り込み',
  import_cards: 'クレジットカードデータ取り込み',
};

/** `attention`: a person must act before it goes on. */
export const JOB_STATES = ['running', 'attention', 'done', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];
