import { defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';

type Interceptor = ReturnType<typeof makeGrpcRetryInterceptor>;
type NextCall = Parameters<Interceptor>[1];
type Call = ReturnType<NextCall>;
type Metadata = Parameters<Call['start']>[0];

/** gRPC's status CANCELLED: not one of those that are tried again. */
const CANCELLED = 1;

const sdkRetries = makeGrpcRetryInterceptor(defaultGrpcRetryOptions());

/**
 * The SDK's own retries of calls, which survive that the connection is closed between two tries: the SDK
 * makes the next try in a timer, where gRPC's "Channel has been shut down" reaches nobody and ends the
 * process. Here the call ends as cancelled, and its caller is told.
 */
export const retryCalls: Interceptor = (options, nextCall) => {
  let tries = 0;
  return sdkRetries(options, (optionsOfTry) => {
    tries += 1;
    // The first one is made in its caller's hands.
    if (tries === 1) return nextCall(optionsOfTry);
    try {
      return nextCall(optionsOfTry);
    } catch (error) {
      return endedCall(error instanceof Error ? error.message : String(error));
    }
  });
};

/** A call that never left, and says so as soon as it is started. */
function endedCall(details: string): Call {
  return {
    start(metadata, listener) {
      const status = { code: CANCELLED, details, metadata: emptied(metadata) };
      queueMicrotask(() => {
        listener?.onReceiveMessage?.(null);
        listener?.onReceiveStatus?.(status);
      });
    },
    cancelWithStatus() {},
    getPeer: () => 'none',
    sendMessage() {},
    sendMessageWithContext() {},
    startRead() {},
    halfClose() {},
    getAuthContext: () => null,
  };
}

/** Metadata of the same class without what the request carries, which may be an API key. */
function emptied(metadata: Metadata): Metadata {
  const empty = metadata.clone();
  for (const key of Object.keys(empty.toJSON())) empty.remove(key);
  return empty;
}
