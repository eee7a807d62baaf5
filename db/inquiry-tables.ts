import type { Fact, Id, Instant, OptionalFact, OptionalInstant } from './column-types.ts';

/** The tables of what operators do on the portal by a list, and of the portal's list of payments. */

export interface CaptureWavesTable {
  cycle_id: Fact<number>;
  n: Fact<number>;
  merchant_id: Fact<number>;
  rows: Fact<number>;
  yen: Fact<number>;
  made_at: Instant;
}
export interface PaymentInquiriesTable {
  id: Id;
  merchant_id: Fact<number>;
  cycle_id: Fact<number>;
  n: Fact<number>;
  file_id: Fact<number>;
  rows: Fact<number>;
  newest_at: OptionalInstant;
  decision_id: Fact<number>;
  read_at: Instant;
}
export interface PaymentInquiryRowsTable {
  inquiry_id: Fact<number>;
  line: Fact<number>;
  merchant_id: Fact<number>;
  order_number: OptionalFact<string | null>;
  payment_id: OptionalFact<string | null>;
  status: Fact<string>;
  standing: Fact<string>;
  amount_yen: OptionalFact<number | null>;
  institution: OptionalFact<string | null>;
  occurred_at: OptionalInstant;
  updated_at: OptionalInstant;
  paid_at: OptionalInstant;
  problem: OptionalFact<string | null>;
}
export interface PaymentInquiryUsesTable {
  inquiry_id: Fact<number>;
  merchant_id: Fact<number>;
  decision_id: Fact<number>;
  rows: Fact<number>;
  yen: Fact<number>;
  used_at: Instant;
}
export interface PaymentDetailsTable {
  charge_id: Fact<number>;
  n: Fact<number>;
  inquiry_id: Fact<number>;
  merchant_id: Fact<number>;
  transaction_id: Fact<string>;
  payment_id: OptionalFact<string | null>;
  institution: OptionalFact<string | null>;
  occurred_at: OptionalInstant;
  paid_at: OptionalInstant;
}

export interface InquiryTables {
  capture_waves: CaptureWavesTable;
  payment_inquiries: PaymentInquiriesTable;
  payment_inquiry_rows: PaymentInquiryRowsTable;
  payment_inquiry_uses: PaymentInquiryUsesTable;
  payment_details: PaymentDetailsTable;
}
