import {
  type CarrierFinding,
  hashParameters,
  type ReadCarrierCall,
} from '../../billing/carrier-result.ts';
import type { CarrierField, CarrierSettings } from '../../billing/carrier-settings.ts';
import { decodeForm, type FormParameter, splitForm } from '../../billing/form-parameters.ts';

/** A call's bytes as they came. */
export interface CarrierCallBytes {
  /** Without the question mark; empty when there was none. */
  readonly query: Uint8Array;
  readonly body: Uint8Array;
}

/**
 * In UTF-8: longer than any value that the manual's desk shows. An index row of Postgres (2,704 bytes)
 * must hold two of them and a hash.
 */
const longestValueBytes = 500;
const neededFields: readonly CarrierField[] = ['ipCode', 'orderNumber', 'result'];

/**
 * Reads a carrier-payment call of ZEUS: form parameters in the query, the body or both. The names are
 * the merchant's setting [assumed: not public]; IPコード, オーダーNo and the result must be there.
 */
export function readCarrierCall(
  call: CarrierCallBytes,
  settings: Pick<CarrierSettings, 'encoding' | 'ipCodes' | 'parameterNames'>,
): ReadCarrierCall {
  const decoded = decodeForm(
    [...splitForm(call.query), ...splitForm(call.body)],
    settings.encoding,
  );
  if (decoded === null) {
    const ja = '文字コードが設定と合わず、パラメータを読み取れません。';
    return { kind: 'unusable', findings: [{ field: null, parameter: null, code: 'not_text', ja }] };
  }
  const reader = createFieldReader(decoded.parameters, settings.parameterNames);
  const ipCode = reader.read('ipCode');
  if (ipCode !== null && settings.ipCodes.length > 0 && !settings.ipCodes.includes(ipCode)) {
    reader.refuse('ipCode', 'unknown_ip_code', '設定に登録されていないIPコードです。');
  }
  const amount = reader.read('amount');
  if (amount !== null && !/^[0-9]{1,9}$/.test(amount)) {
    reader.refuse('amount', 'not_yen', '金額が円の整数ではありません。');
  }
  const orderNumber = reader.read('orderNumber');
  const result = reader.read('result');
  const others = {
    carrier: reader.read('carrier'),
    phone: reader.read('phone')?.replace(/\D/g, '') || null,
    email: reader.read('email'),
    sendId: reader.read('sendId'),
    sendPoint: reader.read('sendPoint'),
  };
  if (reader.findings.length > 0 || ipCode === null || orderNumber === null || result === null) {
    return { kind: 'unusable', findings: reader.findings };
  }
  const parameters = decoded.parameters;
  return {
    kind: 'result',
    result: {
      ...{ ipCode, orderNumber, result, ...others },
      amountYen: amount === null ? null : Number(amount),
      encoding: decoded.encoding,
      parameters,
      parametersSha256: hashParameters(parameters),
    },
  };
}

function createFieldReader(
  parameters: readonly FormParameter[],
  names: CarrierSettings['parameterNames'],
) {
  const findings: CarrierFinding[] = [];
  const refuse = (field: CarrierField, code: CarrierFinding['code'], ja: string) => {
    findings.push({ field, parameter: names[field], code, ja });
  };
  return {
    findings,
    refuse,
    /** null when it is absent or empty. */
    read(field: CarrierField): string | null {
      const values = new Set(
        parameters.filter(([name]) => name === names[field]).map(([, value]) => value.trim()),
      );
      if (values.size > 1) refuse(field, 'repeated', '同じ名前で異なる値が2つ以上あります。');
      const [value = ''] = values;
      if (value === '' && neededFields.includes(field)) {
        refuse(field, 'missing', '必要なパラメータがありません。');
      }
      if (Buffer.byteLength(value) > longestValueBytes) {
        refuse(field, 'too_long', '値が長すぎます。');
      }
      return value === '' ? null : value;
    },
  };
}
