import { expect } from "chai";
import { grpcStatus } from "../../../../../rollout/gateways/metrics/grpc-status.ts";
import { isFailure } from "../../../../../rollout/judge/answers.ts";

describe("a status of gRPC", () => {
  for (const [text, name] of [
    ["0", "OK"],
    ["OK", "OK"],
    ["14", "UNAVAILABLE"],
    ["Unavailable", "UNAVAILABLE"],
    ["DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"],
    ["DeadlineExceeded", "DEADLINE_EXCEEDED"],
    ["Canceled", "CANCELLED"],
    ["16", "UNAUTHENTICATED"],
    ["17", "UNKNOWN"],
    ["Code(17)", "UNKNOWN"],
  ] as const) {
    it(`written ${text} is ${name}`, () => expect(grpcStatus(text)).to.equal(name));
  }

  it("is the server's failure where it translates to a 5xx", () => {
    const numbers = Array.from({ length: 17 }, (_, number) => number);
    expect(numbers.filter((number) => isFailure(grpcStatus(`${number}`)))).to.deep.equal([
      2, 4, 12, 13, 14, 15,
    ]);
  });
});
