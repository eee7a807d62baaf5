import { importKindsJa } from '../../../billing/file-import.ts';
import { defineWords } from '../language.ts';

export const useImportKindWords = defineWords('import-kinds', {
  ja: importKindsJa,
  en: { customers: 'Customers', cards: 'Cards' },
});

export const useImportStageWords = defineWords('import-stages', {
  ja: {
    uploaded: '開始待ち',
    running: '取り込み中',
    done: '完了',
    refused: '取り込めない',
    cancelled: '削除',
  },
  en: {
    uploaded: 'Held',
    running: 'Running',
    done: 'Done',
    refused: 'Refused',
    cancelled: 'Deleted',
  },
});
