/** What a person may upload. A kind tells the guard which columns hold our own long numbers. */
export const uploadKinds = ['order-export', 'auth-result', 'capture-result'] as const;

/** What Tsukigime itself builds and hands over. */
export const builtKinds = ['auth-file', 'capture-file'] as const;

export type UploadKind = (typeof uploadKinds)[number];
export type FileKind = UploadKind | (typeof builtKinds)[number];
