import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request } from 'express';
import { ipKeyGenerator } from 'express-rate-limit';

/** What the browser sent with a request, and how it reached us. */
export interface ClientFacts {
  /** As the rate limits count it: an IPv6 sender owns a whole network. */
  readonly address: string;
  /** Over TLS, by our own connection or by the word of a proxy that we believe. */
  readonly secure: boolean;
  /** Plain http on this machine: nobody listens in between, and there is no certificate. */
  readonly local: boolean;
  readonly session: string | undefined;
  readonly device: string | undefined;
}

const names = { session: 'tsukigime-session', device: 'tsukigime-device' } as const;

/** Browsers keep it off other host names and plain http, whatever a page there tries to plant. */
const securePrefix = '__Host-';

/** How long a browser is remembered as one that its user has logged in from. */
const deviceSeconds = 90 * 86_400;

export function readClient(request: Request): ClientFacts {
  const local =
    !request.secure && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(hostOf(request));
  const cookies = parseCookie(request.headers.cookie ?? '');
  const prefix = local ? '' : securePrefix;
  return {
    address: ipKeyGenerator(request.ip ?? 'unknown'),
    secure: request.secure,
    local,
    session: cookies[`${prefix}${names.session}`],
    device: cookies[`${prefix}${names.device}`],
  };
}

const hostOf = (request: Request) => request.headers.host ?? '';

/** Set-Cookie headers of a login. The session's own end is kept by the row. */
export function writeSessionCookies(
  client: ClientFacts,
  of: { readonly session: string; readonly device: string },
): string[] {
  return [
    writeCookie(client, 'session', of.session),
    writeCookie(client, 'device', of.device, deviceSeconds),
  ];
}

/** The Set-Cookie header that takes a session out of its browser. */
export function clearSessionCookie(client: ClientFacts): string {
  return writeCookie(client, 'session', '', 0);
}

function writeCookie(
  { local }: ClientFacts,
  name: keyof typeof names,
  value: string,
  maxAge?: number,
): string {
  return stringifySetCookie({
    name: `${local ? '' : securePrefix}${names[name]}`,
    value,
    path: '/',
    httpOnly: true,
    secure: !local,
    sameSite: 'strict',
    ...(maxAge === undefined ? {} : { maxAge }),
  });
}
