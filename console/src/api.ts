import {
  QueryClient,
  type UseQueryResult,
  useMutation,
  useQueries,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useRef } from 'react';
import { ApiProblem } from '../../api/client/api-problem.ts';
import type { CallAnswer, CallInput } from '../../api/client/call.ts';
import { createClient } from '../../api/client/client.ts';
import type { Contract, RouteName } from '../../api/contract.ts';
import { contractRoutes } from './contract-routes.ts';
import { sessionHeaders } from './csrf.ts';

/** How pages read and act: by names of routes, never by addresses. */

const client = createClient({
  routes: contractRoutes,
  baseUrl: '',
  fetch: globalThis.fetch.bind(globalThis),
  headers: sessionHeaders,
  // The session has ended: whoever shows it asks again and leads to the login.
  onUnauthenticated: ({ path }) => {
    if (path !== '/v1/session') void queries.invalidateQueries({ queryKey: ['readSession'] });
  },
});

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // What passes by itself is asked for again; a refusal stays one.
      retry: (failures, error) => error instanceof ApiProblem && error.passes && failures < 5,
    },
  },
});

/** Which object an input is about. */
function paramsOf(input: unknown): string {
  return JSON.stringify((input as { readonly params?: unknown } | undefined)?.params ?? null);
}

export type Read<Name extends RouteName> = UseQueryResult<CallAnswer<Contract[Name]>, ApiProblem>;

/**
 * Asks a route and keeps its answer.
 * @param more.everyMs of what moves by itself: how often it is asked for while somebody looks
 * @param more.keep false: the answer to the question before is not shown until this one's is there,
 *   for sums and counts, which nobody could tell from the right ones
 */
export function useRead<Name extends RouteName>(
  name: Name,
  input: CallInput<Contract[Name]>,
  more: {
    readonly everyMs?: number;
    readonly enabled?: boolean;
    readonly keep?: boolean;
  } = {},
): Read<Name> {
  return useQuery<CallAnswer<Contract[Name]>, ApiProblem>({
    queryKey: [name, input],
    queryFn: ({ signal }) => client.call(name, input, { signal }),
    // Of a list the page before stays readable until the next one has come. Never of another object:
    // somebody would read the one and decide about the other.
    placeholderData: ((previous: unknown, query?: { readonly queryKey: readonly unknown[] }) =>
      more.keep !== false && paramsOf(query?.queryKey[1]) === paramsOf(input)
        ? previous
        : undefined) as never,
    ...(more.everyMs === undefined ? {} : { refetchInterval: more.everyMs }),
    ...(more.enabled === undefined ? {} : { enabled: more.enabled }),
  });
}

/** The same route asked for several objects at once, in their order. */
export function useReads<Name extends RouteName>(
  name: Name,
  inputs: readonly CallInput<Contract[Name]>[],
  more: { readonly everyMs: number },
): readonly Read<Name>[] {
  return useQueries({
    queries: inputs.map((input) => ({
      queryKey: [name, input],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        client.call(name, input, { signal }),
      refetchInterval: more.everyMs,
    })),
  }) as unknown as readonly Read<Name>[];
}

export interface Act<Name extends RouteName> {
  /** Does it, and has everything read again. Does nothing while it is still at it. */
  readonly act: (input: CallInput<Contract[Name]>) => Promise<CallAnswer<Contract[Name]> | null>;
  readonly acting: boolean;
  readonly problem: ApiProblem | null;
  readonly forget: () => void;
}

/**
 * An act of a person. The same intention has one idempotency key: what is repeated because no clear
 * answer came carries the key of the first time, so it cannot happen twice.
 */
export function useAct<Name extends RouteName>(name: Name): Act<Name> {
  const cache = useQueryClient();
  const intention = useRef<{ readonly words: string; readonly key: string } | null>(null);
  const running = useRef(false);
  const { mutateAsync, isPending, error, reset } = useMutation<
    CallAnswer<Contract[Name]>,
    ApiProblem,
    CallInput<Contract[Name]>
  >({
    mutationFn: (input) => {
      const words = JSON.stringify(input);
      if (intention.current?.words !== words) {
        intention.current = { words, key: newKey() };
      }
      return client.call(name, input, { key: intention.current.key });
    },
    onError: ({ status }) => {
      // A refusal is an answer: under its key it would be given again, also when it no longer holds.
      if (status >= 400 && status < 500) intention.current = null;
    },
    onSuccess: async () => {
      intention.current = null;
      await cache.invalidateQueries();
    },
  });
  return {
    acting: isPending,
    problem: error,
    forget: reset,
    act: async (input) => {
      if (running.current) return null;
      running.current = true;
      try {
        return await mutateAsync(input);
      } catch {
        // It stands in `problem`, where the person who acted looks.
        return null;
      } finally {
        running.current = false;
      }
    },
  };
}

/** Random; `randomUUID` is not there where the console is served over plain http. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Fetches a file and hands it to the browser's downloads. */
export async function saveFile<Name extends RouteName>(
  name: Name,
  input: CallInput<Contract[Name]>,
): Promise<void> {
  const file = await client.download(name, input);
  const address = URL.createObjectURL(file.content);
  const link = document.createElement('a');
  link.href = address;
  link.download = file.name;
  link.click();
  URL.revokeObjectURL(address);
}
