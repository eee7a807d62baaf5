/** What a person may upload. A kind tells the guard which columns hold our own long numbers. */
export const uploadKinds = [
  'order-export',
  'auth-result',
  'capture-result',
  'sent-file',
  'payment-inquiry',
  'desk-decisions',
  'refresh-result',
] as const;
