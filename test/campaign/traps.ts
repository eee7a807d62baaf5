import pg from 'pg';

/**
 * A step of a month at which something is to happen: when the n-th row of its kind is written, or
 * when the transaction that wrote it commits. The writer stands still there, by a trigger in the
 * test's own database, until the test lets it go: no step is met by chance or by sleeping.
 */
export interface Step {
  readonly name: string;
  readonly table: string;
  readonly on: 'insert' | 'update';
  /** SQL over `new`. */
  readonly when?: string;
  /** The n-th such row, counted over all attempts to write it. */
  readonly n: number;
  /** `row`: what was written so far is lost with its writer. `commit`: it is kept, but unheard. */
  readonly at: 'row' | 'commit';
}

export interface Caught {
  readonly step: Step;
  /** The backend that stands still. */
  readonly pid: number;
  /** Lets it go. */
  release(): Promise<void>;
}

export interface Traps {
  /** The next step that is reached; undefined when `ended` settles first. */
  next(ended: AbortSignal): Promise<Caught | undefined>;
  /** Steps at which nobody was caught yet. */
  readonly waiting: ReadonlySet<Step>;
  /**
   * Steps that no writer ever came to. One that came while another fault ended its connection was
   * not caught any more, yet it was disturbed at its step.
   */
  findUnreached(): Promise<Step[]>;
  readonly client: pg.Client;
  /** Lets everybody go and waits until no worker is connected: the database can be dropped then. */
  releaseAll(): Promise<void>;
  close(): Promise<void>;
}

/** First key of the advisory locks; the application's own spaces are below 10. */
const LOCK_SPACE = 7701;
const POLL_MS = 20;
const pause = () => new Promise((resolve) => setTimeout(resolve, POLL_MS));

export async function setTraps(ownerUrl: string, steps: readonly Step[]): Promise<Traps> {
  const client = new pg.Client({ connectionString: ownerUrl, application_name: 'traps' });
  await client.connect();
  for (const [index, step] of steps.entries()) await setTrap(client, index + 1, step);
  const waiting = new Set(steps);
  return {
    client,
    waiting,
    async next(ended) {
      while (!ended.aborted) {
        const { rows } = await client.query<{ trap: number; pid: number }>(
          `select objid::int as trap, pid from pg_locks
            where locktype = 'advisory' and classid = $1 and not granted
              and database = (select oid from pg_database where datname = current_database())
            order by objid limit 1`,
          [LOCK_SPACE],
        );
        const [caught] = rows;
        const step = caught === undefined ? undefined : steps[caught.trap - 1];
        if (caught !== undefined && step !== undefined) {
          waiting.delete(step);
          const release = async () => {
            await client.query('select pg_advisory_unlock($1, $2)', [LOCK_SPACE, caught.trap]);
          };
          return { step, pid: caught.pid, release };
        }
        await pause();
      }
      return undefined;
    },
    async findUnreached() {
      const unreached: Step[] = [];
      for (const [index, step] of steps.entries()) {
        if (!waiting.has(step)) continue;
        const { rows } = await client.query<{ count: string }>(
          `select case when is_called then last_value else 0 end as count
             from trap_${index + 1}_count`,
        );
        if (Number(rows[0]?.count) < step.n) unreached.push(step);
      }
      return unreached;
    },
    async releaseAll() {
      await client.query('select pg_advisory_unlock_all()');
      const workers = `select from pg_stat_activity where datname = current_database()
                          and application_name = 'tsukigime-worker'`;
      while ((await client.query(workers)).rowCount !== 0) await pause();
    },
    close: () => client.end(),
  };
}

async function setTrap(client: pg.Client, trap: number, step: Step): Promise<void> {
  const when = step.when === undefined ? '' : `when (${step.when})`;
  const trigger =
    step.at === 'row'
      ? `create trigger trap_${trap} before ${step.on} on ${step.table}`
      : `create constraint trigger trap_${trap} after ${step.on} on ${step.table}
           deferrable initially deferred`;
  // A sequence counts on through rolled back transactions, so that each trap closes once.
  await client.query(`
    create sequence trap_${trap}_count;
    create function trap_${trap}() returns trigger language plpgsql security definer as $$
    begin
      if nextval('trap_${trap}_count') = ${step.n} then
        perform pg_advisory_xact_lock_shared(${LOCK_SPACE}, ${trap});
      end if;
      return new;
    end $$;
    ${trigger} for each row ${when} execute function trap_${trap}();
    select pg_advisory_lock(${LOCK_SPACE}, ${trap});`);
}
