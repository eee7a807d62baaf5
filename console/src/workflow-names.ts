/**
 * Names of workflows for links to the Temporal UI, as workflows/workflow-ids.ts makes them: that file
 * needs Temporal's packages, which no browser should load. A test holds the two together.
 */
const padded = (n: number) => String(n).padStart(3, '0');

export const cycleWorkflow = (merchant: string, month: string) => `cycle:${merchant}:${month}`;

export const previewWorkflow = (merchant: string, month: string, n: number) =>
  `preview:${merchant}:${month}:${padded(n)}`;

export const exchangeWorkflow = (merchant: string, month: string, kind: string, n: number) =>
  `exchange:${merchant}:${month}:${kind}:${padded(n)}`;

export const ngDeskWorkflow = (merchant: string) => `ng:${merchant}`;

export const importWorkflow = (merchant: string, n: number) => `import:${merchant}:${padded(n)}`;

export const cardMigrationWorkflow = (merchant: string, n: number) =>
  `migration:${merchant}:${padded(n)}`;

export const deliveryWorkflow = (endpoint: string) => `delivery:${endpoint}`;

export const mailWorkflow = (merchant: string) => `mail:${merchant}`;

export const cardRefreshWorkflow = (merchant: string, month: string) =>
  `refresh:${merchant}:${month}`;

export const mailboxWorkflow = (merchant: string) => `mailbox:${merchant}`;
