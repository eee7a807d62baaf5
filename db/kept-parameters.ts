import { type RawBuilder, sql } from 'kysely';
import type { FormParameter } from '../billing/form-parameters.ts';

/** Parameters of a carrier result `r`; none once they are kept no longer (retention leaves `{}`). */
export const keptParameters: RawBuilder<FormParameter[]> = sql`case jsonb_typeof(r.parameters)
  when 'array' then r.parameters else '[]' end`;
