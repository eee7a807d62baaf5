import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bell } from '../../workflows/bell.ts';
import { keepSight } from '../../workflows/row-sight.ts';

/** A bell without a workflow around it, and the row's version instead of a row. */
function hangTestBell() {
  let rung = false;
  let rings = 0;
  let wake = () => {};
  const ring = () => {
    rung = true;
    wake();
  };
  const bell: Pick<Bell, 'ring' | 'heed' | 'rings'> = {
    ring,
    heed: () => {
      rung = false;
    },
    rings: () => rings,
  };
  return {
    bell,
    isRung: () => rung,
    ringFromOutside() {
      rings += 1;
      ring();
    },
    async waits() {
      while (!rung) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      rung = false;
    },
  };
}

test('after an act alone the row is known without a reading, once', async () => {
  const { bell, isRung } = hangTestBell();
  const sight = keepSight(bell, async () => 'read');
  expect(await sight.look()).toBe('read');
  const answer = await sight.during(async (sees) => {
    sees('seen by the act');
    return 'answer';
  });
  expect([answer, isRung()]).toEqual(['answer', true]);
  expect([await sight.look(), isRung()]).toEqual(['seen by the act', false]);
  expect(await sight.look()).toBe('read');
});

test('what others say after an act has the row read', async () => {
  const { bell, ringFromOutside } = hangTestBell();
  const sight = keepSight(bell, async () => 'read');
  await sight.during(async (sees) => sees('seen by the act'));
  ringFromOutside();
  expect(await sight.look()).toBe('read');
});

test('what is refused wakes nobody', async () => {
  const { bell, isRung } = hangTestBell();
  const sight = keepSight(bell, async () => 'read');
  const refused = sight.during(async () => {
    throw new Error('refused');
  });
  await expect(refused).rejects.toThrow('refused');
  expect([isRung(), await sight.look()]).toEqual([false, 'read']);
});

test('whatever overlaps, a workflow that waits knows the row as it is', async () => {
  const happening = fc.constantFrom('act', 'silent act', 'refused act', 'change by others');
  const happenings = fc.array(happening, { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), happenings, async (scheduler, all) => {
      const passes = (what: string) => scheduler.schedule(Promise.resolve(), what);
      const { bell, ringFromOutside, waits } = hangTestBell();
      let version = 0;
      let known = 0;
      const sight = keepSight(bell, async () => {
        await passes('the reading begins');
        const read = version;
        await passes('the reading ends');
        return read;
      });
      const happens = async (what: string) => {
        await passes('begins');
        if (what === 'change by others') {
          version += 1;
          await passes('committed');
          return ringFromOutside();
        }
        await sight.during(async (sees) => {
          await passes('asked for');
          if (what === 'refused act') throw new Error('refused');
          version += 1;
          await passes('committed');
          const seen = version;
          await passes('looked');
          if (what === 'act') sees(seen);
        });
      };
      const waiting = (async () => {
        for (;;) {
          await waits();
          known = await sight.look();
          await passes('something else is done');
        }
      })();
      void waiting;
      const ended = Promise.allSettled(all.map(happens));
      await scheduler.waitIdle();
      await ended;
      await scheduler.waitIdle();
      expect(known).toBe(version);
    }),
    { numRuns: 1000 },
  );
});
