import { z } from 'zod';
import { template } from './template.ts';

const count = z.int().min(0);
const importNumber = z.int().min(1);

/** How an import of customers or cards ended. */
export const importTemplates = {
  file_import_done: template(
    z.strictObject({ importNumber, read: count, imported: count, errors: count }),
    (of) => ({
      subject:
        of.errors === 0
          ? `取り込みが完了しました(${of.imported} 件)`
          : `取り込みが完了しました(エラー ${of.errors} 件)`,
      text: [
        `取り込み ${of.importNumber}: ${of.read} 件中 ${of.imported} 件を取り込みました。`,
        of.errors === 0
          ? 'エラーはありません。'
          : `${of.errors} 件は取り込んでいません。履歴の画面で行ごとの理由を確かめ、直したファイルをもう一度取り込んでください。`,
      ].join('\n'),
      link: `imports/${of.importNumber}`,
    }),
  ),
  /** Nothing of the file was imported. */
  file_import_refused: template(
    z.strictObject({
      importNumber,
      fileName: z.string().max(200),
      trouble: z.string().min(1).max(2000),
    }),
    (of) => ({
      subject: '取り込めないファイルがあります',
      text: `取り込み ${of.importNumber} (${of.fileName}): ${of.trouble}`,
      link: `imports/${of.importNumber}`,
    }),
  ),
} as const;
