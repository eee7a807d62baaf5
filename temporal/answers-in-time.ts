/**
 * Whether the other side of a probe answers in time; one that is late goes on unheard.
 *
 * @param timeoutMs longer than any healthy answer, shorter than the patience of whoever asks
 */
export async function answersInTime(probe: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const answered = probe.then(
    () => true,
    () => false,
  );
  return await Promise.race([answered, late]).finally(() => clearTimeout(timer));
}

/** For readiness: orchestrators wait for a few seconds. */
export const probeTimeoutMs = 2000;
