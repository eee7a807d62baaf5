import { startShopEndpoint } from './shop/endpoint.ts';
import { startZeusSandbox } from './zeus/server.ts';

export interface ZeusArguments {
  /** 0 takes a free one; the shop's endpoint takes a free one anyway. */
  readonly port: number;
  readonly dataDir: string;
  readonly smtp: { readonly host: string; readonly port: number } | undefined;
  /** ISO instant in UTC to hold the clock at; undefined = feed the machine's time every second. */
  readonly now: string | undefined;
}

/** Runs the simulated ZEUS and a shop that takes carrier results, until SIGTERM or SIGINT. */
export async function runZeus({ port, dataDir, smtp, now }: ZeusArguments): Promise<void> {
  const zeus = await startZeusSandbox({ port, dataDir, smtp });
  const shop = await startShopEndpoint();
  zeus.feedClock(now ?? new Date().toISOString());
  const feeding =
    now === undefined ? setInterval(() => zeus.feedClock(new Date().toISOString()), 1_000) : null;
  process.stdout.write(`sandbox shop ready ${shop.url}\nsandbox zeus ready ${zeus.url}\n`);
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  if (feeding !== null) clearInterval(feeding);
  await Promise.all([zeus.stop(), shop.stop()]);
}
