import { z } from 'zod';
import { billingMonthPattern } from '../../billing/billing-month.ts';
import { SCHEDULED_WORK } from '../../billing/wanted-schedules.ts';
import { merchantParamsSchema } from './merchants.ts';
import { defineRoute, instantSchema, reasonSchema } from './route.ts';

const whatSchema = z.enum(SCHEDULED_WORK).meta({
  description: 'cycle: months, refresh: card refreshes, retention: blanking of personal data',
});

const scheduleSchema = z
  .object({
    what: whatSchema,
    name: z.string().meta({ description: 'as operators know it', example: '請求サイクルの開始' }),
    scheduleId: z.string().meta({ example: 'start:my-shop:cycle' }),
    at: z.string().meta({ description: 'HH:MM in Japan', example: '09:00' }),
    state: z.enum(['active', 'paused', 'missing', 'none']).meta({
      description: 'none: the settings want none; missing: they want one and Temporal has none yet',
    }),
    followsSettings: z.boolean().meta({ description: 'false: a sync would change it' }),
    whyNone: z
      .enum(['settings', 'moved-clock'])
      .nullable()
      .meta({ description: 'of state none: what keeps it from being there' }),
    paused: z
      .object({
        by: z.string().nullable().meta({ description: 'null: paused in Temporal itself' }),
        reason: z.string().nullable(),
        since: instantSchema.nullable(),
      })
      .nullable(),
    nextStarts: z
      .array(
        z.object({
          at: instantSchema,
          date: z.iso.date().meta({ description: 'in Japan' }),
          month: z.string().regex(billingMonthPattern).nullable().meta({
            description: 'the month that it starts; null: it starts none',
          }),
        }),
      )
      .meta({ description: 'the nearest first; while it is paused they are not made' }),
    lastStarts: z
      .array(
        z.object({
          scheduledAt: instantSchema,
          startedAt: instantSchema,
          workflowId: z.string(),
          running: z.boolean(),
        }),
      )
      .meta({ description: 'the newest first' }),
    missedStarts: z.int().meta({
      description: 'starts that nobody made, as Temporal was away for more than seven days',
    }),
  })
  .meta({ id: 'Schedule' });

const paramsSchema = merchantParamsSchema.extend({ what: whatSchema });
const actBody = { kind: 'json', schema: z.strictObject({ reason: reasonSchema }) } as const;
const schedulesAnswer = {
  kind: 'json',
  schema: z.object({ schedules: z.array(scheduleSchema) }),
  description: 'one for each kind of work',
} as const;

/** What starts without a person: Schedules of Temporal that follow the settings. */
export const scheduleRoutes = {
  listSchedules: defineRoute({
    method: 'get',
    path: '/v1/merchants/:merchant/schedules',
    role: 'viewer',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: { 200: schedulesAnswer },
    summary: { ja: '自動開始の予定一覧', en: 'List what starts by itself' },
    tag: 'schedules',
  }),
  syncSchedules: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/schedules/sync',
    role: 'operator',
    merchantScoped: true,
    params: merchantParamsSchema,
    responses: { 200: schedulesAnswer },
    summary: {
      ja: '自動開始の予定を設定に合わせる',
      en: 'Make the Schedules equal to the settings',
    },
    tag: 'schedules',
  }),
  pauseSchedule: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/schedules/:what/pause',
    role: 'approver',
    merchantScoped: true,
    params: paramsSchema,
    body: actBody,
    responses: {
      200: {
        kind: 'json',
        schema: scheduleSchema,
        description: 'held, also over changed settings',
      },
    },
    summary: { ja: '自動開始を一時停止する', en: 'Hold what starts by itself' },
    tag: 'schedules',
  }),
  resumeSchedule: defineRoute({
    method: 'post',
    path: '/v1/merchants/:merchant/schedules/:what/resume',
    role: 'approver',
    merchantScoped: true,
    params: paramsSchema,
    body: actBody,
    responses: {
      200: {
        kind: 'json',
        schema: scheduleSchema,
        description: 'goes on; starts of the time in between are not made up for',
      },
    },
    summary: { ja: '自動開始を再開する', en: 'Let what starts by itself go on' },
    tag: 'schedules',
  }),
};
