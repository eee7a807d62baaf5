import { z } from 'zod';
import { variable } from './environment-variable.ts';

/** How a Temporal server is entered, under the names that Temporal's own tools know (temporal-access.ts). */
export const temporalVariables = {
  TEMPORAL_PROFILE: variable(
    z.string().min(1).optional(),
    'profile of the Temporal configuration file; variables win over it',
    '`default`, and no file is read without TEMPORAL_CONFIG_FILE',
  ),
  TEMPORAL_CONFIG_FILE: variable(
    z.string().min(1).optional(),
    'Temporal configuration file (TOML)',
    'with TEMPORAL_PROFILE `temporalio/temporal.toml` in the configuration folder of the home',
  ),
  TEMPORAL_API_KEY: variable(
    z.string().min(1).optional(),
    'API key of Temporal Cloud; brings TLS along',
    'none',
  ),
  TEMPORAL_TLS: variable(
    z.enum(['true', 'false', '1', '0']).optional(),
    '`true`: TLS to Temporal with the authorities that the machine trusts',
    'TLS where one of its variables or an API key is set',
  ),
  TEMPORAL_TLS_CLIENT_CERT_PATH: variable(
    z.string().min(1).optional(),
    'PEM file of our certificate (mTLS)',
    'none',
  ),
  TEMPORAL_TLS_CLIENT_CERT_DATA: variable(z.string().min(1).optional(), 'the same as text', 'none'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: variable(
    z.string().min(1).optional(),
    'PEM file of its key',
    'none',
  ),
  TEMPORAL_TLS_CLIENT_KEY_DATA: variable(z.string().min(1).optional(), 'the same as text', 'none'),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: variable(
    z.string().min(1).optional(),
    "PEM file of the authority that signed the server's certificate",
    'the authorities that the machine trusts',
  ),
  TEMPORAL_TLS_SERVER_CA_CERT_DATA: variable(
    z.string().min(1).optional(),
    'the same as text',
    'none',
  ),
  TEMPORAL_TLS_SERVER_NAME: variable(
    z.string().min(1).optional(),
    "name that the server's certificate must bear",
    'the host of the address',
  ),
} as const;
