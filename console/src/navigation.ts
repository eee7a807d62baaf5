import {
  IconCalendarDue,
  IconChecklist,
  IconFiles,
  IconHome,
  IconRefreshDot,
  type TablerIcon,
} from '@tabler/icons-react';
import { defineWords } from './language.ts';

export const useNavigationWords = defineWords('navigation', {
  ja: {
    home: '今月',
    cycles: '請求サイクル',
    exchanges: 'ファイル授受',
    desk: '要確認',
    deadlines: '売上期限',
  },
  en: {
    home: 'This month',
    cycles: 'Billing cycles',
    exchanges: 'Files',
    desk: 'Reconciliation',
    deadlines: 'Capture deadlines',
  },
});

export interface NavigationEntry {
  readonly word: Parameters<ReturnType<typeof useNavigationWords>>[0];
  /** Below the merchant's page. */
  readonly steps: readonly string[];
  readonly icon: TablerIcon;
  /** Pressed after `g`. */
  readonly key: string;
}

/** The pages of a merchant, in the order of a month's work. */
export const navigation: readonly NavigationEntry[] = [
  { word: 'home', steps: [], icon: IconHome, key: 'h' },
  { word: 'cycles', steps: ['cycles'], icon: IconRefreshDot, key: 'c' },
  { word: 'exchanges', steps: ['exchanges'], icon: IconFiles, key: 'f' },
  { word: 'desk', steps: ['reconciliation-desk'], icon: IconChecklist, key: 'r' },
  { word: 'deadlines', steps: ['deadlines'], icon: IconCalendarDue, key: 'd' },
];
