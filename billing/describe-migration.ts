import {
  isFinishedMigration,
  type MigrationFacts,
  type MigrationRound,
  openMigrationChecks,
} from './card-migration.ts';

/** What a migration waits for or is doing, as an operator reads it. */
export function describeMigration(facts: MigrationFacts): string {
  const said = `${describeStage(facts)}${describeRefused(facts)}`;
  return facts.rehearsal ? `【リハーサル】${said}` : said;
}

function describeStage(facts: MigrationFacts): string {
  const { stage, link, round } = facts;
  switch (stage) {
    case 'checking':
      return describeChecks(facts);
    case 'handing_over':
      return describeHandOver(facts);
    case 'awaiting_return':
      return `連携ファイル(${count(link?.customers ?? 0)} 人)を渡しました。決済会社からの返却ファイルを待っています。届いたらアップロードしてください。`;
    case 'importing':
      return '返却ファイルを取り込んでいます。';
    case 'covering':
      return `${describeRound(round)}移行結果を確かめ、よければ「完了」を記録してください。訂正された返却ファイルも取り込めます。`;
    case 'accepted':
      return facts.rehearsal
        ? 'リハーサルを終えました。カードは変更していません。'
        : 'カードの移行が完了しました。';
    case 'cancelled':
      return '移行を取り消しました。この移行で取り込んだカードは元に戻しました。';
  }
}

function describeChecks(facts: MigrationFacts): string {
  const { customers } = facts.checks;
  if (customers === 0) {
    return '対象の顧客がまだいません。旧カートの顧客データを取り込んでください。';
  }
  const open = openMigrationChecks(facts);
  return open.length === 0
    ? `対象の顧客 ${count(customers)} 人、確認はすべて済みました。連携ファイルを確定してください。`
    : `連携前の確認が ${open.length} 件残っています(対象の顧客 ${count(customers)} 人)。${open[0]}`;
}

function describeHandOver({ link, note, rehearsal }: MigrationFacts): string {
  const file = `連携ファイル ${link?.fileName ?? ''}(${count(link?.customers ?? 0)} 人)`;
  if (rehearsal) {
    return `${file}を作成しました。決済会社には送らず、返却ファイルの見本をアップロードしてください。`;
  }
  if (link?.delivery === 'sftp') {
    return note === null ? `${file}をSFTPで送っています。` : `${file}: ${note}`;
  }
  return `${file}を作成しました。ダウンロードして決済会社に渡し、渡したことを記録してください。`;
}

/** What became of a returned file's lines. */
export function describeRound(round: MigrationRound | null): string {
  if (round?.state !== 'done') return '';
  const { lines, imported, failed, quarantined } = round;
  return `返却 ${count(lines)} 件のうち、取り込み ${count(imported)} 件、失敗 ${count(failed)} 件、対象外 ${count(quarantined)} 件。`;
}

/** The file that was refused last is told until another one comes. */
function describeRefused({ stage, round }: MigrationFacts): string {
  if (round?.state !== 'refused' || isFinishedMigration(stage)) return '';
  return `返却ファイル ${round.n} は取り込めませんでした: ${round.trouble ?? ''}`;
}

const count = (rows: number) => rows.toLocaleString('en-US');

/** What operators are told of a migration that waits for them; one mail, or one notice. */
export function writeMigrationReminder(facts: MigrationFacts, waitingDays: number) {
  const { number } = facts;
  return {
    number,
    subject: `カードの移行 ${number} に確認が必要です`,
    sentence: `${waitingDays} 日経過しています。${describeMigration(facts)}`,
  };
}

/** Names one reminder of one wait, so that it is never posted twice. */
export function migrationReminderKey(facts: MigrationFacts, waitingDays: number): string {
  return `migration:${facts.number}:${facts.stage}:${Date.parse(facts.waitsSince)}:d${waitingDays}`;
}
