import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { Broken, NotFound } from './pages/not-found.tsx';
import { Shell } from './shell.tsx';

/**
 * Every page and its address; each loads when it is opened. A new page adds one line to
 * `merchantPages` and one to navigation.ts (console/README.md).
 */
const merchantPages: RouteObject[] = [
  { index: true, lazy: async () => (await import('./pages/this-month.tsx')).route },
  { path: 'cycles', lazy: async () => (await import('./pages/cycles.tsx')).route },
  { path: 'cycles/:month', lazy: async () => (await import('./pages/cycle.tsx')).route },
  {
    path: 'cycles/:month/previews/:n',
    lazy: async () => (await import('./pages/previews.tsx')).route,
  },
  {
    path: 'cycles/:month/charges',
    lazy: async () => (await import('./pages/charges.tsx')).route,
  },
  // Links from before charges of every state had one page.
  {
    path: 'cycles/:month/captures',
    element: <Navigate to="../charges?state=authorized" relative="path" replace />,
  },
  {
    path: 'cycles/:month/portal-captures',
    lazy: async () => (await import('./pages/portal-captures.tsx')).route,
  },
  { path: 'cycles/:month/voids', lazy: async () => (await import('./pages/voids.tsx')).route },
  {
    path: 'cycles/:month/inquiries',
    lazy: async () => (await import('./pages/payment-inquiries.tsx')).route,
  },
  {
    path: 'cycles/:month/inquiries/:n',
    lazy: async () => (await import('./pages/payment-inquiry.tsx')).route,
  },
  { path: 'corrections', lazy: async () => (await import('./pages/corrections.tsx')).route },
  {
    path: 'cycles/:month/report',
    lazy: async () => (await import('./pages/cycle-report.tsx')).route,
  },
  { path: 'exchanges', lazy: async () => (await import('./pages/exchanges.tsx')).route },
  {
    path: 'exchanges/:month/:kind/:number',
    lazy: async () => (await import('./pages/exchange.tsx')).route,
  },
  {
    path: 'reconciliation-desk',
    lazy: async () => (await import('./pages/reconciliation-desk.tsx')).route,
  },
  { path: 'deadlines', lazy: async () => (await import('./pages/capture-window.tsx')).route },
  {
    path: 'card-migrations',
    lazy: async () => (await import('./pages/card-migrations.tsx')).route,
  },
  {
    path: 'card-migrations/:number',
    lazy: async () => (await import('./pages/card-migration.tsx')).route,
  },
  {
    path: 'card-migrations/:number/returned-files/:n',
    lazy: async () => (await import('./pages/returned-rows.tsx')).route,
  },
  { path: 'ng-cases', lazy: async () => (await import('./pages/ng-cases.tsx')).route },
  {
    path: 'ng-cases/:month/:order',
    lazy: async () => (await import('./pages/ng-case.tsx')).route,
  },
  { path: 'ng-report', lazy: async () => (await import('./pages/ng-report.tsx')).route },
  { path: 'orders', lazy: async () => (await import('./pages/orders.tsx')).route },
  { path: 'imports', lazy: async () => (await import('./pages/imports.tsx')).route },
  { path: 'imports/:number', lazy: async () => (await import('./pages/imports.tsx')).route },
  { path: 'customers', lazy: async () => (await import('./pages/customers.tsx')).route },
  {
    path: 'customers/:customerId',
    lazy: async () => (await import('./pages/customer.tsx')).route,
  },
  {
    path: 'customers/number/:customerNumber',
    lazy: async () => (await import('./pages/customer-by-number.tsx')).route,
  },
  { path: 'registers', lazy: async () => (await import('./pages/registers.tsx')).route },
  {
    path: 'card-refreshes',
    lazy: async () => (await import('./pages/card-refreshes.tsx')).route,
  },
  {
    path: 'card-refreshes/:month',
    lazy: async () => (await import('./pages/card-refresh.tsx')).route,
  },
  {
    path: 'card-refresh-settings',
    lazy: async () => (await import('./pages/card-refresh-settings.tsx')).route,
  },
  {
    path: 'card-locks',
    lazy: async () => (await import('./pages/card-locks.tsx')).route,
  },
  {
    path: 'card-locks/:lock',
    lazy: async () => (await import('./pages/card-lock.tsx')).route,
  },
  {
    path: 'card-expiries',
    lazy: async () => (await import('./pages/card-expiries.tsx')).route,
  },
  {
    path: 'subscriptions',
    lazy: async () => (await import('./pages/subscriptions.tsx')).route,
  },
  {
    path: 'jobs',
    lazy: async () => (await import('./pages/jobs.tsx')).route,
  },
  {
    path: 'send-errors',
    lazy: async () => (await import('./pages/send-errors.tsx')).route,
  },
  {
    path: 'payment-methods',
    lazy: async () => (await import('./pages/payment-methods.tsx')).route,
  },
  {
    path: 'settings',
    lazy: async () => (await import('./pages/settings.tsx')).route,
  },
  { path: 'allowed-hosts', lazy: async () => (await import('./pages/allowed-hosts.tsx')).route },
  {
    path: 'schedules',
    lazy: async () => (await import('./pages/schedules.tsx')).route,
  },
  {
    path: 'delivery-endpoints',
    lazy: async () => (await import('./pages/delivery-endpoints.tsx')).route,
  },
  { path: 'webhooks/:webhook', lazy: async () => (await import('./pages/webhook.tsx')).route },
  {
    path: 'users',
    lazy: async () => (await import('./pages/users.tsx')).route,
  },
  {
    path: 'tokens',
    lazy: async () => (await import('./pages/tokens.tsx')).route,
  },
  {
    path: 'audit',
    lazy: async () => (await import('./pages/audit.tsx')).route,
  },
  { path: 'mails', lazy: async () => (await import('./pages/mails.tsx')).route },
  { path: 'mails/:key', lazy: async () => (await import('./pages/mail.tsx')).route },
  { path: 'mailbox', lazy: async () => (await import('./pages/mailbox.tsx')).route },
  {
    path: 'customer-mail-templates',
    lazy: async () => (await import('./pages/customer-mail-templates.tsx')).route,
  },
  {
    path: 'customer-mail-templates/:kind',
    lazy: async () => (await import('./pages/customer-mail-template.tsx')).route,
  },
  { path: 'order-source', lazy: async () => (await import('./pages/order-source.tsx')).route },
  {
    path: 'carrier-results',
    lazy: async () => (await import('./pages/carrier-results.tsx')).route,
  },
  {
    path: 'carrier-results/:result',
    lazy: async () => (await import('./pages/carrier-result.tsx')).route,
  },
  { path: 'carrier-calls', lazy: async () => (await import('./pages/carrier-calls.tsx')).route },
  {
    path: 'carrier-resend-tasks',
    lazy: async () => (await import('./pages/carrier-resend-tasks.tsx')).route,
  },
  { path: 'notices', lazy: async () => (await import('./pages/notices.tsx')).route },
];

/** While the first page's code comes, for a moment. */
const HydrateFallback = () => null;

export function createRoutes() {
  return createBrowserRouter([
    { path: '/', HydrateFallback, lazy: async () => (await import('./pages/merchants.tsx')).route },
    {
      path: '/login',
      HydrateFallback,
      lazy: async () => (await import('./pages/login.tsx')).route,
    },
    {
      path: '/merchants/:merchant',
      element: <Shell />,
      HydrateFallback,
      errorElement: <Broken />,
      children: [...merchantPages, { path: '*', element: <NotFound /> }],
    },
    { path: '*', element: <Navigate to="/" replace /> },
  ]);
}
