import { once } from 'node:events';
import { createSecureServer, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { createServer } from 'node:tls';
import { type Authority, makeAuthority } from '../outside/certificates.ts';

export interface TlsFront {
  readonly address: string;
  readonly authority: Authority;
  close(): void;
}

/** TLS in front of a Temporal server, as a cluster or Temporal Cloud has it: no certificate, no entry. */
export async function startTlsFront(target: string): Promise<TlsFront> {
  const authority = makeAuthority();
  const { cert, key } = authority.issue('temporal.test');
  const [host, port] = target.split(':');
  const server = createServer(
    {
      ...{ cert, key, ca: authority.cert },
      ...{ requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] },
    },
    (inside) => {
      const outside = connect(Number(port), host);
      inside.on('error', () => outside.destroy());
      outside.on('error', () => inside.destroy());
      inside.pipe(outside).pipe(inside);
    },
  );
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority,
    close: () => void server.close(),
  };
}

/** A gRPC server that notes the headers of every call and lets nobody in. */
export async function startDoorkeeper() {
  const authority = makeAuthority();
  const seen: IncomingHttpHeaders[] = [];
  const server = createSecureServer(authority.issue('temporal.test'));
  server.on('stream', (stream, headers) => {
    seen.push(headers);
    stream.on('error', () => {});
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '16' },
      { endStream: true },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, authority, seen, close: () => void server.close() };
}
