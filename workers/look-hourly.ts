/** What a day needs once is looked at this often: the first look of the day does it. */
const LOOK_INTERVAL_MS = 3_600_000;

/**
 * Looks now and every hour, one look after the other. A look may ask whether it was stopped meanwhile.
 *
 * @param onError what a look that failed is told to; the next one is tried all the same. A process that
 *   ends closes the connections under its look: that is no failure.
 */
export function lookHourly(
  look: (isStopped: () => boolean) => Promise<void>,
  onError: (error: unknown) => void,
  intervalMs = LOOK_INTERVAL_MS,
): { stop(): void } {
  let stopped = false;
  let looking = Promise.resolve();
  const lookOnce = () => {
    looking = looking.then(async () => {
      if (stopped) return;
      try {
        await look(() => stopped);
      } catch (error) {
        if (!stopped) onError(error);
      }
    });
  };
  lookOnce();
  const timer = setInterval(lookOnce, intervalMs);
  return {
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}
