/**
 * The gRPC service of application pods. Its messages are text, which a real schema would call a `bytes` field less the
 * frame: gRPC itself does not look into them.
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

/** `Say` answers once with the pod's version; `Follow` goes on telling it until the pod ends or the caller hangs up. */
export const echo = {
  say: { ...method, path: "/serin.test.Echo/Say", responseStream: false },
  follow: { ...method, path: "/serin.test.Echo/Follow", responseStream: true },
} as const;
