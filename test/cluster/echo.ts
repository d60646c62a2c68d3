/**
 * The gRPC service of application pods. Its messages are plain text without a schema: gRPC itself does not parse them.
 */
const text = {
  serialize: (value: string) => Buffer.from(value),
  deserialize: (bytes: Buffer) => bytes.toString(),
};

const method = {
  requestStream: false,
  requestSerialize: text.serialize,
  requestDeserialize: text.deserialize,
  responseSerialize: text.serialize,
  responseDeserialize: text.deserialize,
} as const;

/** `Say` answers once with the pod's version; `Follow` repeats it until the pod ends or the caller cancels. */
export const echo = {
  say: { ...method, path: "/serin.test.Echo/Say", responseStream: false },
  follow: { ...method, path: "/serin.test.Echo/Follow", responseStream: true },
} as const;
