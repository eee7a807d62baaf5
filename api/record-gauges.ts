import { Gauge, type Registry } from 'prom-client';

/** The metrics of the record, by what they tell of. Names and labels are relied on by docker/monitoring/. */
export function createRecordGauges(registry: Registry) {
  const gauge: MakeGauge = (name, help, labelNames) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return { ...ofMonths(gauge), ...ofWork(gauge), ...ofTelling(gauge) };
}

export type RecordGauges = ReturnType<typeof createRecordGauges>;

type MakeGauge = <const Labels extends readonly string[]>(
  name: string,
  help: string,
  labelNames: Labels,
) => Gauge<Labels[number]>;

function ofMonths(gauge: MakeGauge) {
  return {
    up: gauge('tsukigime_record_up', '1 when this part of the record could be measured', ['part']),
    measuredAt: gauge('tsukigime_record_measured_timestamp_seconds', 'When it was measured', []),
    tookSeconds: gauge('tsukigime_record_measure_seconds', 'How long measuring took', []),
    cycles: gauge('tsukigime_cycles', 'Open months by stage', ['merchant', 'stage']),
    attention: gauge('tsukigime_cycles_waiting', 'Open months that wait for a person', [
      'merchant',
    ]),
    attentionAge: gauge(
      'tsukigime_cycle_waiting_seconds',
      'Age of the oldest wait of a month for a person, by the clock of the merchant',
      ['merchant'],
    ),
    charges: gauge('tsukigime_charges', 'Charges of open months by state', ['merchant', 'state']),
    chargesYen: gauge('tsukigime_charges_yen', 'Yen of the charges of open months by state', [
      'merchant',
      'state',
    ]),
    atRisk: gauge(
      'tsukigime_authorized_at_risk',
      'Authorized charges whose authorization ends within that time and not sooner than the one before',
      ['merchant', 'within'],
    ),
    atRiskYen: gauge('tsukigime_authorized_at_risk_yen', 'Their yen', ['merchant', 'within']),
  };
}

function ofWork(gauge: MakeGauge) {
  return {
    ngCases: gauge('tsukigime_ng_cases_open', 'Open NG cases by class', ['merchant', 'class']),
    ngYen: gauge('tsukigime_ng_cases_open_yen', 'Yen of open NG cases by class', [
      'merchant',
      'class',
    ]),
    exchanges: gauge('tsukigime_exchanges_open', 'Files that are not finished', [
      'merchant',
      'kind',
      'stage',
    ]),
    exchangeAge: gauge(
      'tsukigime_exchange_age_seconds',
      'Age of the oldest such file since it was handed over or built, by the clock of the merchant',
      ['merchant', 'kind', 'stage'],
    ),
    unknownSends: gauge(
      'tsukigime_unknown_sends',
      'Files and requests of which nobody knows whether they arrived',
      ['merchant'],
    ),
  };
}

function ofTelling(gauge: MakeGauge) {
  return {
    mails: gauge('tsukigime_mails', 'Mails that have not left, or perhaps have', [
      'merchant',
      'state',
    ]),
    mailDue: gauge('tsukigime_mail_due_seconds', 'Since when the oldest waiting mail is due', [
      'merchant',
    ]),
    deliveries: gauge(
      'tsukigime_deliveries_due',
      'Calls to a system of the merchant not made yet',
      ['merchant', 'endpoint'],
    ),
    deliveryDue: gauge('tsukigime_delivery_due_seconds', 'Since when the oldest of them is due', [
      'merchant',
      'endpoint',
    ]),
    circuit: gauge(
      'tsukigime_delivery_circuit_open',
      '1 since an endpoint has failed too often, until a delivery gets through',
      ['merchant', 'endpoint'],
    ),
    imports: gauge('tsukigime_imports', 'Imports that wait or run', ['merchant', 'kind', 'stage']),
    importAge: gauge('tsukigime_import_age_seconds', 'Age of the oldest of them', [
      'merchant',
      'kind',
      'stage',
    ]),
    refreshes: gauge('tsukigime_card_refreshes', 'Open card refreshes by stage', [
      'merchant',
      'stage',
    ]),
    refreshWaiting: gauge(
      'tsukigime_card_refreshes_waiting',
      'Open card refreshes that wait for a person',
      ['merchant'],
    ),
    auditHead: gauge(
      'tsukigime_audit_head_age_seconds',
      'Since the heads of the audit were written down last',
      [],
    ),
    blanked: gauge(
      'tsukigime_retention_age_seconds',
      'Since personal data was blanked last, where the settings want it every night; before that, since they do',
      ['merchant'],
    ),
  };
}
