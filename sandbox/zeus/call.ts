import { type FormEncoding, type FormParameters, writeForm } from './form.ts';

/** How a call ended, as ZEUS sees it. Only `taken` is no send error. */
export type CallOutcome =
  | { readonly kind: 'taken'; readonly status: number }
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'timed_out' }
  | { readonly kind: 'not_connected' };

export interface Call {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly encoding: FormEncoding;
  readonly parameters: FormParameters;
  readonly timeoutMs: number;
}

/** Makes one CGI call and waits for the answer so long. Never throws. */
export async function makeCall(call: Call): Promise<CallOutcome> {
  const form = writeForm(call.parameters, call.encoding);
  const signal = AbortSignal.timeout(call.timeoutMs);
  try {
    const response =
      call.method === 'GET'
        ? await fetch(withQuery(call.url, form), { signal, redirect: 'manual' })
        : await fetch(call.url, {
            method: 'POST',
            headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
            body: form,
            signal,
            redirect: 'manual',
          });
    await response.arrayBuffer();
    const { status } = response;
    return status >= 200 && status < 300 ? { kind: 'taken', status } : { kind: 'refused', status };
  } catch {
    return signal.aborted ? { kind: 'timed_out' } : { kind: 'not_connected' };
  }
}

function withQuery(url: string, form: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${form}`;
}
