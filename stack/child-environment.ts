import { formatEncryptionKeys, inheritedEnvironment } from '../config.ts';
import type { BringUpOptions, Stack } from './stack.ts';

/** What a worker or API process of this stack needs in its environment; holds secrets. */
export function stackEnvironment(
  stack: Stack,
  services: BringUpOptions['services'] = {},
): Record<string, string> {
  return {
    ...(services.postgres === false ? {} : { TSUKIGIME_DATABASE_URL_APP: stack.appDatabaseUrl }),
    ...(services.temporal === false ? {} : { TEMPORAL_ADDRESS: stack.temporalAddress }),
    TEMPORAL_NAMESPACE: stack.temporalNamespace,
    ...(stack.temporalUiUrl === null ? {} : { TSUKIGIME_TEMPORAL_UI_URL: stack.temporalUiUrl }),
    TSUKIGIME_DATA_DIR: stack.dataDir,
    TSUKIGIME_PAYLOAD_KEYS: formatEncryptionKeys(stack.payloadKeys),
    TSUKIGIME_FILE_KEYS: formatEncryptionKeys(stack.fileKeys),
  };
}

/** Our own environment without the owner's URL: only migrations have business with it. */
export function inheritedWithoutOwner(): Record<string, string> {
  const { DATABASE_URL: _, ...rest } = inheritedEnvironment();
  return rest;
}
