import { useQueryClient } from '@tanstack/react-query';
import type { CallAnswer } from '../../api/client/call.ts';
import type { Contract } from '../../api/contract.ts';
import { type Right, type Role, roleIncludes } from '../../billing/role.ts';
import { type Act, useAct, useRead } from './api.ts';
import { keepCsrfToken } from './csrf.ts';
import { useMerchant } from './places.ts';

export type Person = CallAnswer<Contract['readSession']>;

/** Who is logged in: the server's cookie says it, and this asks. */
export function useSession():
  | { readonly state: 'asking' | 'out'; readonly person: null }
  | { readonly state: 'in'; readonly person: Person } {
  const { data, error } = useRead('readSession', {}, { everyMs: 5 * 60_000 });
  if (error?.status === 401) return { state: 'out', person: null };
  if (data === undefined) return { state: 'asking', person: null };
  keepCsrfToken(data.csrfToken);
  return { state: 'in', person: data };
}

export const useLogIn = (): Act<'logIn'> => useNewSession(useAct('logIn'));

/** Ends every other session of the person; this browser goes on with a new one. */
export const useChangePassword = (): Act<'changePassword'> =>
  useNewSession(useAct('changePassword'));

/** An act that answers with the session that holds from now on. */
function useNewSession<Name extends 'logIn' | 'changePassword'>(of: Act<Name>): Act<Name> {
  const queries = useQueryClient();
  return {
    ...of,
    act: async (input) => {
      const answer = await of.act(input);
      const person = answer as Person | null;
      if (person !== null) {
        keepCsrfToken(person.csrfToken);
        queries.setQueryData(['readSession', {}], person);
      }
      return answer;
    },
  };
}

/** Nothing of what one person saw stays for the next one. */
export function useLogOut(): () => Promise<void> {
  const logOut = useAct('logOut');
  return async () => {
    await logOut.act({});
    location.assign('/login');
  };
}

export function useLogOutEverywhere() {
  const { act, acting, problem } = useAct('logOutEverywhere');
  return {
    acting,
    problem,
    logOut: async () => {
      if ((await act({})) !== null) location.assign('/login');
    },
  };
}

/** Whether this person may do it at every merchant, also at those of tomorrow. */
export function useMayEverywhere(role: Role): boolean {
  const { person } = useSession();
  return person?.everywhere != null && roleIncludes(person.everywhere.role, role);
}

/** Whether this person may do it at this merchant. The server decides; this only spares the way. */
export function useMay(role: Role, right?: Right): boolean {
  const { merchant } = useMerchant();
  const { person } = useSession();
  const grant = person?.merchants.find((one) => one.merchant === merchant)?.grant;
  if (grant === undefined || !roleIncludes(grant.role, role)) return false;
  return right === undefined || grant.rights.includes(right);
}
