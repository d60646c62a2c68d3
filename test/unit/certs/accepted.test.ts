import { expect } from "chai";
import { Accepted } from "../../../certs/accepted.ts";
import { PLAIN } from "../../../certs/paths.ts";
import { FakeClock } from "../../support/clock.ts";

describe("certs/accepted", () => {
  let clock: FakeClock;
  let reads: number;
  let has: readonly string[];
  let accepted: Accepted;
  beforeEach(() => {
    [clock, reads, has] = [new FakeClock(), 0, []];
    const read = async () => {
      reads += 1;
      return new Set(has);
    };
    accepted = new Accepted({ clock, settleMs: 60_000, read });
  });

  /** The answer, when time passes meanwhile. */
  const accepts = async (token: string) => {
    const [answer] = await Promise.allSettled([accepted.accepts(token), clock.advance(1_000)]);
    return answer.status === "fulfilled" ? answer.value : Promise.reject(answer.reason);
  };

  it("accepts the Secret's tokens and the configuration's without a read", async () => {
    accepted.store(["a", "b"]);
    accepted.configure(new Set(["c", PLAIN]));
    for (const token of ["a", "b", "c", PLAIN]) expect(await accepts(token), token).to.equal(true);
    expect(reads).to.equal(0);
    accepted.store(["b"]);
    expect(await accepts("a")).to.equal(false);
  });

  it("accepts what the configuration has lost for the settle time, and no longer", async () => {
    accepted.configure(new Set([PLAIN]));
    accepted.configure(new Set(["a"]));
    await clock.advance(58_000);
    expect(await accepts(PLAIN)).to.equal(true);
    await clock.advance(1_000);
    expect(await accepts(PLAIN)).to.equal(false);
    expect(await accepts("a")).to.equal(true);
  });

  it("reads the configuration again before it refuses", async () => {
    accepted.configure(new Set(["a"]));
    has = [PLAIN];
    expect(await accepts(PLAIN)).to.equal(true);
    expect(reads).to.equal(1);
    expect(await accepts("b")).to.equal(false);
  });

  it("reads once a second, however many ask, and for each of them after it asked", async () => {
    const flood = Array.from({ length: 100 }, () => accepted.accepts("x"));
    await clock.advance(0);
    expect(await Promise.all(flood)).to.not.include(true);
    expect(reads).to.equal(1);
    has = [PLAIN];
    const [wrong, right] = [accepted.accepts("x"), accepted.accepts(PLAIN)];
    await clock.advance(999);
    expect(reads).to.equal(1);
    await clock.advance(1);
    expect([await wrong, await right, reads]).to.deep.equal([false, true, 2]);
  });

  it("passes on the error of the read, and reads again", async () => {
    let fails = true;
    const read = async () => (fails ? Promise.reject(new Error("no API server")) : new Set(["a"]));
    accepted = new Accepted({ clock, settleMs: 60_000, read });
    expect(await accepts("a").catch((error: Error) => error.message)).to.equal("no API server");
    fails = false;
    expect(await accepts("a")).to.equal(true);
  });
});
