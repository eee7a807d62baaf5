/** Every workflow of the bundle; the name of the function is its type on the server. */
export { billingCycle } from './billing-cycle.ts';
export { cardMigration } from './card-migration.ts';
export { cardRefresh } from './card-refresh.ts';
export { cyclePreview } from './cycle-preview.ts';
export { deliveryDesk } from './delivery-desk.ts';
export { fileExchange } from './file-exchange.ts';
export { fileImport } from './file-import.ts';
export { mailDispatch } from './mail-dispatch.ts';
export { mailboxWatch } from './mailbox-watch.ts';
export { monthStarter } from './month-starter.ts';
export { ngDesk } from './ng-desk.ts';
export { retention } from './retention.ts';
