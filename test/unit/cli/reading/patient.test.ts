import { expect } from "chai";
import { patiently } from "../../../../cli/reading/patient.ts";
import { ApiError, ConnectionError } from "../../../../kube/client/errors.ts";

const rejection = (promise: Promise<unknown>) => promise.catch((error: unknown) => error);
const refused = new ConnectionError("connect ECONNREFUSED");

/** A reader that gives these answers, one a second, and what it told. */
function reader(...answers: (string | Error)[]) {
  const told: string[] = [];
  let now = 0;
  const read = patiently(
    async () => {
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    { now: () => now },
    (sentence) => told.push(sentence),
  );
  return { read, told, later: (ms: number) => (now += ms) };
}

describe("a reader that stays", () => {
  it("bears an API server that does not answer, and tells it once each time", async () => {
    const overloaded = new ApiError(503, "ServiceUnavailable", "apiserver is shutting down");
    const { read, told } = reader("a", refused, refused, "b", overloaded, "c");
    const seen = [];
    for (let i = 0; i < 6; i += 1) seen.push(await read());
    expect(seen).to.deep.equal(["a", undefined, undefined, "b", undefined, "c"]);
    expect(told).to.have.length(2);
    expect(told[1]).to.include("apiserver is shutting down");
  });

  it("gives up after two minutes", async () => {
    const { read, later } = reader(refused, refused, refused);
    expect(await read()).to.equal(undefined);
    later(119_000);
    expect(await read()).to.equal(undefined);
    later(1_000);
    expect(await rejection(read())).to.equal(refused);
  });

  it("gives up at once where waiting does not help", async () => {
    for (const status of [401, 403, 404]) {
      const error = new ApiError(status, "Reason", "no");
      expect(await rejection(reader(error).read())).to.equal(error);
    }
  });
});
