import {
  IconArrowsTransferUp,
  IconCalendarDue,
  IconCalendarTime,
  IconChecklist,
  IconCreditCard,
  IconCreditCardOff,
  IconCreditCardRefund,
  IconDatabaseImport,
  IconFiles,
  IconHistory,
  IconHome,
  IconKey,
  IconListCheck,
  IconRefreshDot,
  IconSend,
  IconSettings,
  IconShoppingCart,
  IconUserCog,
  IconUsers,
  IconWebhook,
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
    ng: 'NG 対応',
    orders: '受注',
    imports: '取り込み',
    customers: '顧客',
    migrations: 'カード移行',
    refreshes: '洗替',
    jobs: 'ジョブ管理',
    sendErrors: '送信エラー',
    paymentMethods: '支払い方法設定',
    schedules: 'スケジュール',
    endpoints: '送信先',
    settings: '設定',
    users: '利用者',
    tokens: 'トークン',
    audit: '操作の記録',
  },
  en: {
    home: 'This month',
    cycles: 'Billing cycles',
    exchanges: 'Files',
    desk: 'Reconciliation',
    deadlines: 'Capture deadlines',
    ng: 'Declines',
    orders: 'Orders',
    imports: 'Imports',
    customers: 'Customers',
    migrations: 'Card migration',
    refreshes: 'Card refresh',
    jobs: 'Jobs',
    sendErrors: 'Send errors',
    paymentMethods: 'Payment methods',
    schedules: 'Schedules',
    endpoints: 'Endpoints',
    settings: 'Settings',
    users: 'Users',
    tokens: 'Tokens',
    audit: 'Audit',
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
  { word: 'ng', steps: ['ng-cases'], icon: IconCreditCardOff, key: 'n' },
  { word: 'orders', steps: ['orders'], icon: IconShoppingCart, key: 'o' },
  { word: 'imports', steps: ['imports'], icon: IconDatabaseImport, key: 'i' },
  { word: 'customers', steps: ['customers'], icon: IconUsers, key: 'u' },
  { word: 'migrations', steps: ['card-migrations'], icon: IconArrowsTransferUp, key: 'm' },
  { word: 'refreshes', steps: ['card-refreshes'], icon: IconCreditCardRefund, key: 'w' },
  { word: 'jobs', steps: ['jobs'], icon: IconListCheck, key: 'j' },
  { word: 'sendErrors', steps: ['send-errors'], icon: IconSend, key: 'e' },
  { word: 'paymentMethods', steps: ['payment-methods'], icon: IconCreditCard, key: 'p' },
  { word: 'endpoints', steps: ['delivery-endpoints'], icon: IconWebhook, key: 'v' },
  { word: 'schedules', steps: ['schedules'], icon: IconCalendarTime, key: 'k' },
  { word: 'settings', steps: ['settings'], icon: IconSettings, key: 's' },
  { word: 'users', steps: ['users'], icon: IconUserCog, key: 'x' },
  { word: 'tokens', steps: ['tokens'], icon: IconKey, key: 't' },
  { word: 'audit', steps: ['audit'], icon: IconHistory, key: 'a' },
];
