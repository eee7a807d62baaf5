import {
  type CardBrand,
  type CardService,
  cardBrands,
  cardServices,
  expiryFormat,
} from '../billing/card-service.ts';
import { formatCustomerId, parseCustomerId, parseSendId } from '../billing/customer-id.ts';
import { type CheckedRow, maxKeyLength } from './customer-row.ts';
import type { ImportCells, RowRemark } from './import-rows.ts';

/** A stored card as a row of the file describes it. Never its number: three digits of it. */
export interface CardRow {
  readonly service: CardService;
  /** The number in our customer ID. */
  readonly customerId: number;
  readonly lastDigits: string;
  readonly brand: CardBrand;
  readonly holder: string | null;
  readonly sendId: string | null;
  /** 連番物理. */
  readonly sequence: string | null;
  /** YYYY-MM */
  readonly expiry: string;
  /** クロネコwebコレクトカード認証キー, a secret: it is encrypted before it is stored. */
  readonly authKey: string | null;
  /** What makes the card one of its kind with its service: the same again is the same card. */
  readonly identity: string;
}

/** What rows are checked against. */
export interface CardChecks {
  /** The merchant's configured PSP. */
  readonly service: CardService;
  /** Whether the customer exists; null: not known here, and then not checked. */
  readonly hasCustomer: ((customerId: number) => boolean) | null;
  /** YYYY-MM of today. */
  readonly month: string;
}

export interface CheckedCard extends CheckedRow<CardRow> {
  /** The expiry has its month in the other half of the four digits. */
  readonly swapped: boolean;
}

/** Error texts of manual 000, each with or without its final 。; those marked (ours) are not in it. */
const texts = {
  service: '【決済代行会社名】は「ZEUS」もしくは「GMO」を記載します。',
  customerIdRequired: '【顧客ID】は必須です。',
  customerIdUnknown: '【顧客ID】は存在しません。',
  lastDigitsRequired: '【カード番号下3桁】は必須です。',
  lastDigits: '【カード番号下3桁】は必ず3桁で記載します。',
  brandRequired: '【カードブランド】は必須です',
  brand:
    '【カードブランド】は登録可能なカードブランドは【VISA/MASTER/JCB/AMEX/DINERS】のいずれかです',
  sendIdRequired: '【SendID】は必須です。',
  sendId: '【SendID】はUS-XXXXXXXX-XX の形式で記載します。',
  sendIdUnknown: '【顧客ID】が 存在しません。',
  sequenceRequired: '【連番物理】は必須です。',
  expiryRequired: '【有効期限】は必須です。',
  expiry: {
    MMYY: '【有効期限】は MMYY の形式で記載します。',
    YYMM: '【有効期限】は YYMM の形式で記載します。',
  },
  // (ours)
  serviceOfThree: '【決済代行会社名】は「ZEUS」「GMO」もしくは「YAMATO」を記載します。',
  serviceDiffers: '【決済代行会社名】が重要項目設定と一致しません。',
  sequenceTooLong: `【連番物理】は${maxKeyLength}文字以内で記載します。`,
  customerDiffers: '【顧客ID】とSendIDの顧客が一致しません。',
  authKeyRequired: '【クロネコwebコレクトカード認証キー】は必須です。',
  expired: '【有効期限】が過ぎています。取り込みましたが、カードの更新を確認してください。',
} as const;

/** (ours) What only the other rows of the file can tell. */
export const cardConflicts = {
  doubled: '同じカードがファイル内で重複しています。',
  several:
    'このお客様のカードが複数あります。すべて取り込みました。使用するカードを確認してください。',
  locked:
    '洗替で利用できないと判定されたカードに戻ったため、このカードの請求を再び停止しました。カードの変更が必要です。',
} as const;

/** (ours) About the file: year and month of the expiry stand the other way round in many rows. */
export function swappedExpiryText(service: CardService): string {
  const wanted = expiryFormat(service);
  const written = wanted === 'MMYY' ? 'YYMM' : 'MMYY';
  return `【有効期限】の多くが ${written} の順で記載されているようです。${service} は ${wanted} です。ファイルを確かめてください。`;
}

/** Reads one row and finds all its errors, in the order of the columns. */
export function readCardRow({ record, line, cells }: ImportCells, checks: CardChecks): CheckedCard {
  const errors: RowRemark[] = [];
  const warnings: RowRemark[] = [];
  const refuse = (column: string, text: string) => void errors.push({ column, text });
  const [service = '', id = '', lastDigits = '', brand = '', holder = ''] = cells;
  const [sendId = '', sequence = '', expiryCell = '', authKey = ''] = cells.slice(5);
  const isZeus = checks.service === 'ZEUS';

  const serviceFault = findServiceFault(service, checks.service);
  if (serviceFault !== null) refuse('決済代行会社', serviceFault);
  const customers = findCustomers(id, sendId, checks);
  const idFault = findCustomerFault(id, customers, checks);
  if (idFault !== null) refuse('顧客ID', idFault);
  if (lastDigits === '') refuse('カード番号下3桁', texts.lastDigitsRequired);
  else if (!/^[0-9]{3}$/.test(lastDigits)) refuse('カード番号下3桁', texts.lastDigits);
  if (brand === '') refuse('カードブランド', texts.brandRequired);
  else if (!isBrand(brand)) refuse('カードブランド', texts.brand);
  if (isZeus) {
    if (sendId === '') refuse('SEND ID', texts.sendIdRequired);
    else if (customers.bySendId === null) refuse('SEND ID', texts.sendId);
    else if (!exists(customers.bySendId, checks)) refuse('SEND ID', texts.sendIdUnknown);
  }
  if (sequence === '' && checks.service !== 'YAMATO') refuse('連番物理', texts.sequenceRequired);
  else if (sequence.length > maxKeyLength) refuse('連番物理', texts.sequenceTooLong);
  const { expiry, swapped } = readExpiry(expiryCell, checks.service);
  if (expiryCell === '') refuse('有効期限', texts.expiryRequired);
  else if (expiry === null) refuse('有効期限', texts.expiry[expiryFormat(checks.service)]);
  else if (expiry < checks.month) warnings.push({ column: '有効期限', text: texts.expired });
  if (checks.service === 'YAMATO' && authKey === '') {
    refuse('クロネコwebコレクトカード認証キー', texts.authKeyRequired);
  }

  const customerId = customers.byId ?? customers.bySendId;
  if (errors.length > 0 || expiry === null || customerId === null || !isBrand(brand)) {
    return { record, line, row: null, errors, warnings: [], swapped };
  }
  const card = {
    service: checks.service,
    customerId,
    lastDigits,
    brand,
    holder: holder || null,
    sendId: sendId || null,
    sequence: sequence || null,
    expiry,
    authKey: authKey || null,
  };
  return { record, line, row: { ...card, identity: identify(card) }, errors, warnings, swapped };
}

function findServiceFault(cell: string, configured: CardService): string | null {
  if (cell === configured) return null;
  if ((cardServices as readonly string[]).includes(cell)) return texts.serviceDiffers;
  return configured === 'YAMATO' ? texts.serviceOfThree : texts.service;
}

interface NamedCustomers {
  /** The customer in 顧客ID, null when it names none. */
  readonly byId: number | null;
  /** The customer in a SEND ID of ZEUS; other services write theirs as they like. */
  readonly bySendId: number | null;
}

function findCustomers(id: string, sendId: string, { service }: CardChecks): NamedCustomers {
  return {
    byId: id === '' ? null : parseCustomerId(id),
    bySendId: service === 'ZEUS' ? parseSendId(sendId) : null,
  };
}

function findCustomerFault(
  id: string,
  { byId, bySendId }: NamedCustomers,
  checks: CardChecks,
): string | null {
  if (id === '') return checks.service === 'ZEUS' ? null : texts.customerIdRequired;
  if (byId === null || !exists(byId, checks)) return texts.customerIdUnknown;
  return bySendId !== null && bySendId !== byId ? texts.customerDiffers : null;
}

function exists(customerId: number, { hasCustomer }: CardChecks): boolean {
  return hasCustomer === null || hasCustomer(customerId);
}

function isBrand(text: string): text is CardBrand {
  return (cardBrands as readonly string[]).includes(text);
}

const isMonth = (text: string) => /^(?:0[1-9]|1[0-2])$/.test(text);

/** Four half-width digits as YYYY-MM. A card of this century: none is valid for a hundred years. */
function readExpiry(
  cell: string,
  service: CardService,
): { readonly expiry: string | null; readonly swapped: boolean } {
  if (!/^[0-9]{4}$/.test(cell)) return { expiry: null, swapped: false };
  const [first, second] = [cell.slice(0, 2), cell.slice(2)];
  const [month, year] = expiryFormat(service) === 'MMYY' ? [first, second] : [second, first];
  if (isMonth(month)) return { expiry: `20${year}-${month}`, swapped: false };
  return { expiry: null, swapped: isMonth(year) };
}

/** The manual writes 0 where Yamato has no 連番物理, a migration leaves it blank: it is the same card. */
function numberOf(sequence: string | null): string {
  return sequence === '0' ? '' : (sequence ?? '');
}

/**
 * ZEUS knows a card by its SEND ID and 連番物理, GMO by the member and 連番物理. Yamato gives no
 * number: there the card's own marks tell two cards of a customer apart [assumed].
 */
function identify(card: Omit<CardRow, 'identity'>): string {
  const customer = formatCustomerId(card.customerId);
  switch (card.service) {
    case 'ZEUS':
      return `${card.sendId}/${card.sequence}`;
    case 'GMO':
      return `${customer}/${card.sequence}`;
    case 'YAMATO':
      return [customer, card.lastDigits, card.brand, card.expiry, numberOf(card.sequence)].join(
        '/',
      );
  }
}
