import type { RouteName } from '../../api/contract.ts';
import type { ProblemSlug } from '../../api/problem.ts';
import { accessSamples } from './access-samples.ts';
import { mailSamples } from './mail-samples.ts';
import { migrationSamples } from './migration-samples.ts';
import { ngSamples } from './ng-samples.ts';
import { portalSamples } from './portal-samples.ts';
import { refreshSamples } from './refresh-samples.ts';
import { scheduleSamples } from './schedule-samples.ts';
import { sourceSamples } from './source-samples.ts';
import { webhookSamples } from './webhook-samples.ts';

/** A good request for a route, and what a caller with every right gets for it. */
export interface RouteSample {
  readonly path: (slug: string) => string;
  readonly json?: (unique: string) => unknown;
  readonly raw?: string;
  /** A status, or the problem that the empty record of the walk leads to: past all checks. */
  readonly answer: number | ProblemSlug;
}

const sha256 = 'a'.repeat(64);
const sendError = '00000000-0000-4000-8000-000000000000';
const merchant = (path: string) => (slug: string) => `/v1/merchants/${slug}${path}`;
// No cycle of this month is ever started.
const cycle = (path = '') => merchant(`/cycles/2026-10${path}`);
const exchange = (path = '') => merchant(`/exchanges/2026-10/auth/1${path}`);

const endpoint = (path = '') => merchant(`/delivery-endpoints/no-such-shop${path}`);

/** One for each route: a route without one does not compile. */
export const routeSamples: Record<RouteName, RouteSample> = {
  readHealth: { path: () => '/healthz', answer: 200 },
  readReadiness: { path: () => '/readyz', answer: 200 },
  readOpenApi: { path: () => '/openapi.json', answer: 200 },
  readApiPage: { path: () => '/docs', answer: 200 },
  readMetrics: { path: () => '/metrics', answer: 200 },

  readConsole: { path: () => '/v1/console', answer: 200 },
  listMerchants: { path: () => '/v1/merchants', answer: 200 },
  createMerchant: {
    path: () => '/v1/merchants',
    json: (unique) => ({ merchant: `new-${unique}`, name: '新しい店', kind: 'sandbox' }),
    answer: 201,
  },
  readMerchant: { path: merchant(''), answer: 200 },
  readSettings: { path: merchant('/settings'), answer: 200 },
  saveSettings: {
    path: merchant('/settings'),
    json: () => ({ version: 99, settings: {}, reason: 'walk' }),
    answer: 'settings-changed',
  },
  readAudit: { path: merchant('/audit'), answer: 200 },

  createToken: {
    path: () => '/v1/tokens',
    json: () => ({ actor: 'walker', role: 'viewer', merchants: ['own-shop'] }),
    answer: 201,
  },
  listTokens: { path: () => '/v1/tokens', answer: 200 },
  listSecrets: { path: merchant('/secrets'), answer: 200 },
  setSecret: { path: merchant('/secrets/walk'), json: () => ({ value: 'walked' }), answer: 200 },
  listAllowedHosts: { path: merchant('/allowed-hosts'), answer: 200 },
  setAllowedHost: {
    path: merchant('/allowed-hosts/files.shop.example'),
    json: () => ({ allowed: false, reason: 'walk' }),
    answer: 200,
  },

  revokeToken: { path: () => '/v1/tokens/0123456789abcdef', answer: 'token-not-found' },

  uploadFile: {
    path: merchant('/files?name=a.csv&kind=order-export'),
    raw: 'a,b\r\n1,2\r\n',
    answer: 201,
  },
  downloadFile: { path: merchant(`/files/${sha256}`), answer: 'file-not-found' },

  uploadImport: {
    path: merchant('/imports?kind=cards&name=cards.csv&held=true'),
    raw: 'GMO,US-00000001,111,VISA,,,0,3012\r\n#',
    answer: 202,
  },
  listImports: { path: merchant('/imports'), answer: 200 },
  readImport: { path: merchant('/imports/999999'), answer: 'import-not-found' },
  startImport: {
    path: merchant('/imports/999999/start'),
    json: () => ({}),
    answer: 'import-not-found',
  },
  cancelImport: {
    path: merchant('/imports/999999/cancellation'),
    json: () => ({ reason: 'walk' }),
    answer: 'import-not-found',
  },
  listImportErrors: { path: merchant('/imports/999999/errors'), answer: 'import-not-found' },
  listImportWarnings: { path: merchant('/imports/999999/warnings'), answer: 'import-not-found' },
  downloadFailedRows: { path: merchant('/imports/999999/failed-rows'), answer: 'import-not-found' },
  downloadImportFile: { path: merchant('/imports/999999/file'), answer: 'import-not-found' },

  listCustomers: { path: merchant('/customers'), answer: 200 },
  searchCustomers: {
    path: merchant('/customers/search'),
    json: () => ({ name: '月極' }),
    answer: 200,
  },
  exportCustomers: { path: merchant('/customers-export?encoding=cp932'), answer: 200 },
  downloadCustomers: {
    path: merchant('/customers/search.csv'),
    json: () => ({ name: '月極', encoding: 'cp932' }),
    answer: 200,
  },
  readCustomer: { path: merchant('/customers/US-00000001'), answer: 'customer-not-found' },
  listCustomerCharges: {
    path: merchant('/customers/US-00099999/charges'),
    answer: 'customer-not-found',
  },
  deleteCustomer: {
    path: merchant('/customers/US-00000001/deletion'),
    json: () => ({ reason: 'walk' }),
    answer: 'customer-not-found',
  },
  acknowledgeReview: {
    path: merchant('/customers/US-00000001/review'),
    json: () => ({ reason: 'walk' }),
    answer: 'customer-not-found',
  },

  saveSubscription: {
    path: merchant('/customers/US-00000001/subscriptions/S-1'),
    json: () => ({ amountYen: 2980, status: 'active', nextMonth: '2026-12' }),
    answer: 'customer-not-found',
  },
  ...refreshSamples,
  ...migrationSamples,
  listPaymentMethods: { path: merchant('/payment-methods'), answer: 200 },

  listOccupations: { path: merchant('/occupations'), answer: 200 },
  addOccupation: {
    path: merchant('/occupations'),
    json: (unique) => ({ name: `職業${unique}` }),
    answer: 201,
  },
  renameOccupation: {
    path: merchant('/occupations/999999'),
    json: () => ({ name: '別名' }),
    answer: 'entry-not-found',
  },
  deleteOccupation: { path: merchant('/occupations/999999'), answer: 'entry-not-found' },
  listTags: { path: merchant('/customer-tags'), answer: 200 },
  addTag: {
    path: merchant('/customer-tags'),
    json: (unique) => ({ name: `タグ${unique}` }),
    answer: 201,
  },
  renameTag: {
    path: merchant('/customer-tags/999999'),
    json: () => ({ name: '別名' }),
    answer: 'entry-not-found',
  },
  deleteTag: { path: merchant('/customer-tags/999999'), answer: 'entry-not-found' },

  listCycles: { path: merchant('/cycles'), answer: 200 },
  readAttention: { path: merchant('/attention'), answer: 200 },
  startCycle: { path: merchant('/cycles'), json: () => ({ month: '2026-11' }), answer: 202 },
  readCycle: { path: cycle(), answer: 'cycle-not-found' },
  useOrderExport: {
    path: cycle('/order-export'),
    json: () => ({ sha256 }),
    answer: 'cycle-not-found',
  },
  listOrders: { path: cycle('/orders'), answer: 'cycle-not-found' },
  searchOrders: {
    path: cycle('/orders/search'),
    json: () => ({ reason: 'first_order' }),
    answer: 'cycle-not-found',
  },
  downloadOrders: {
    path: cycle('/orders/search.csv'),
    json: () => ({}),
    answer: 'cycle-not-found',
  },
  readCycleReport: { path: cycle('/report'), answer: 'cycle-not-found' },
  downloadCycleReport: { path: cycle('/report.csv'), answer: 'cycle-not-found' },
  listCollections: { path: cycle('/order-exports'), answer: 'cycle-not-found' },
  listOrderChanges: { path: cycle('/order-changes'), answer: 'cycle-not-found' },
  listRuns: { path: cycle('/runs'), answer: 'cycle-not-found' },
  startRun: {
    path: cycle('/runs'),
    json: () => ({ orderNumbers: null, confirmed: { rows: 1, yen: 1 }, reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  listPreviews: { path: cycle('/previews'), answer: 200 },
  requestPreview: {
    path: cycle('/previews'),
    json: () => ({ sha256: null }),
    answer: 'cycle-not-found',
  },
  readPreview: { path: cycle('/previews/1'), answer: 'preview-not-found' },
  listFindings: { path: cycle('/previews/1/findings'), answer: 'preview-not-found' },
  downloadFindings: { path: cycle('/previews/1/findings.csv'), answer: 'preview-not-found' },
  approveRun: { path: cycle('/approval'), json: () => ({ sha256 }), answer: 'cycle-not-found' },
  rejectRun: {
    path: cycle('/rejection'),
    json: () => ({ sha256, reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  captureCharges: {
    path: cycle('/captures'),
    json: () => ({ orderNumbers: ['1'], confirmed: { rows: 1, yen: 1 }, reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  listDeadlines: { path: merchant('/deadlines'), answer: 200 },
  downloadDeadlines: { path: merchant('/deadlines.csv'), answer: 200 },
  reauthorizeCharges: {
    path: cycle('/reauthorizations'),
    json: () => ({ orderNumbers: ['1'], confirmed: { rows: 1, yen: 1 }, reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  recordShipments: {
    path: cycle('/shipments'),
    json: () => ({ shipments: [{ orderNumber: '1', shippedOn: '2026-11-30' }] }),
    answer: 'cycle-not-found',
  },
  listCharges: { path: cycle('/charges'), answer: 'cycle-not-found' },
  endCharges: {
    path: cycle('/ended-charges'),
    json: () => ({ orderNumbers: ['1'], kind: 'cancelled', reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  rebuildFiles: {
    path: cycle('/rebuilt-files'),
    json: () => ({ kind: 'auth', reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  listOpenRows: { path: cycle('/open-rows'), answer: 'cycle-not-found' },
  ...scheduleSamples,
  listCorrections: { path: merchant('/corrections'), answer: 200 },
  recordCorrection: {
    path: cycle('/corrections'),
    json: () => ({ kind: 'refund', yen: 100, reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  acknowledgeCorrection: {
    path: cycle('/corrections/1/acknowledgement'),
    json: () => ({ reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  resumeCycle: {
    path: cycle('/resumption'),
    json: () => ({ reason: 'walk' }),
    answer: 'cycle-not-found',
  },

  listDeliveryEndpoints: { path: merchant('/delivery-endpoints'), answer: 200 },
  createDeliveryEndpoint: {
    path: merchant('/delivery-endpoints'),
    json: (unique) => ({
      endpoint: `shop-${unique}`,
      url: 'https://shop.example/carrier-results',
      secretName: 'shop-signature',
      reason: 'walk',
    }),
    answer: 201,
  },
  readDeliveryEndpoint: { path: endpoint(), answer: 'endpoint-not-found' },
  changeDeliveryEndpoint: {
    path: endpoint(),
    json: () => ({ version: 1, url: 'https://shop.example/', secretName: 's', reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  pauseDeliveryEndpoint: {
    path: endpoint('/pause'),
    json: () => ({ reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  resumeDeliveryEndpoint: {
    path: endpoint('/resume'),
    json: () => ({ reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  retireDeliveryEndpoint: {
    path: endpoint('/retire'),
    json: () => ({ reason: 'walk' }),
    answer: 'endpoint-not-found',
  },
  listExchanges: { path: merchant('/exchanges'), answer: 200 },
  readExchange: { path: exchange(), answer: 'exchange-not-found' },
  downloadExchangeFile: { path: exchange('/file'), answer: 'exchange-not-found' },
  recordAcceptance: {
    path: exchange('/acceptance'),
    json: () => ({ acceptanceNumber: '12345', matched: true }),
    answer: 'exchange-not-found',
  },
  correctAcceptance: {
    path: exchange('/acceptance-correction'),
    json: () => ({ acceptanceNumber: '12346', reason: 'walk' }),
    answer: 'exchange-not-found',
  },
  recordUnclear: {
    path: exchange('/unclear'),
    json: () => ({ reason: 'walk' }),
    answer: 'exchange-not-found',
  },
  decideUnclear: {
    path: exchange('/unclear-decision'),
    json: () => ({ found: 'not_sent', reason: 'walk' }),
    answer: 'exchange-not-found',
  },
  withdrawFile: {
    path: exchange('/withdrawal'),
    json: () => ({ reason: 'walk' }),
    answer: 'exchange-not-found',
  },
  handOverEarly: {
    path: exchange('/early-hand-over'),
    json: () => ({ reason: 'walk' }),
    answer: 'exchange-not-found',
  },
  takeOutOrders: {
    path: exchange('/taken-out-orders'),
    json: () => ({ orderNumbers: ['1'], reason: 'walk' }),
    answer: 'exchange-not-found',
  },
  compareSentFile: {
    path: exchange('/sent-file'),
    json: () => ({ sha256 }),
    answer: 'exchange-not-found',
  },
  listHolds: { path: cycle('/holds'), answer: 'cycle-not-found' },
  holdOrders: {
    path: cycle('/holds'),
    json: () => ({ orderNumbers: ['1'], reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  releaseHolds: {
    path: cycle('/released-holds'),
    json: () => ({ orderNumbers: ['1'], seen: [{ orderNumber: '1', n: 1 }], reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  releaseCharges: {
    path: cycle('/released-charges'),
    json: () => ({ orderNumbers: ['1'], reason: 'walk' }),
    answer: 'cycle-not-found',
  },
  recordFormatErrors: {
    path: exchange('/format-errors'),
    json: () => ({ errors: [{ part: 'header', line: 1, item: '取引種別', content: '20' }] }),
    answer: 'exchange-not-found',
  },
  recordCompletion: { path: exchange('/completion'), answer: 'exchange-not-found' },
  ingestResult: {
    path: exchange('/result'),
    json: () => ({ sha256 }),
    answer: 'exchange-not-found',
  },
  settleLines: {
    path: exchange('/settlements'),
    json: () => ({ orderNumbers: ['1'], outcome: 'not_sent', reason: 'walk' }),
    answer: 'exchange-not-found',
  },
  ...webhookSamples,

  readSendErrorForm: { path: merchant('/send-errors/form'), answer: 200 },
  searchSendErrors: {
    path: merchant('/send-errors/search'),
    json: () => ({ filter: { period: { kind: 'today' } } }),
    answer: 200,
  },
  confirmSendErrors: {
    path: merchant('/send-errors/confirmations'),
    json: () => ({ mode: 'bulk', act: 'settle', sendErrors: [sendError] }),
    answer: 'send-error-not-found',
  },
  readSendErrorConfirmation: {
    path: merchant(`/send-errors/confirmations/${sha256}`),
    answer: 'confirmation-not-found',
  },
  sendSendErrors: {
    path: merchant('/send-errors/acts'),
    json: () => ({ confirmation: sha256 }),
    answer: 'confirmation-not-found',
  },

  ...portalSamples,
  listResultLines: { path: exchange('/lines'), answer: 'exchange-not-found' },

  ...accessSamples,
  ...ngSamples,
  ...mailSamples,
  ...sourceSamples,

  listNotices: { path: merchant('/notices'), answer: 200 },
  markNoticesRead: { path: merchant('/notices/read'), json: () => ({ keys: null }), answer: 200 },
};
