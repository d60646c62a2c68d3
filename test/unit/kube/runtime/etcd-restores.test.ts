import { expect } from "chai";
import { EtcdRestores } from "../../../../kube/runtime/etcd-restores.ts";
import { FakeClock } from "../../../support/clock.ts";
import { rememberingLog } from "../../../support/log.ts";

describe("kube/etcd-restores", () => {
  it("takes what copies notice within a minute for one restore, at the instant of the first", async () => {
    const [clock, log] = [new FakeClock(), rememberingLog()];
    const restores = new EtcdRestores({ clock, log });
    expect(restores.at).to.equal(undefined);
    restores.note();
    const first = clock.now();
    expect(restores.at).to.equal(first);
    await clock.advance(59_000);
    restores.note();
    expect(restores.at).to.equal(first);
    await clock.advance(1_000);
    restores.note();
    expect(restores.at).to.equal(first + 60_000);
    const others = [first, first + 1, first + 120_000, Number.NaN];
    expect(others.map((at) => restores.includes(at))).to.deep.equal([false, true, true, false]);
    expect(log.lines).to.deep.equal(
      Array(2).fill("warn: etcd was restored from a backup: canaries are judged from now on"),
    );
  });

  it("ends the work and begins it anew at each restore, until the signal aborts", async () => {
    const [clock, log] = [new FakeClock(), rememberingLog()];
    const restores = new EtcdRestores({ clock, log });
    const stop = new AbortController();
    const terms: AbortSignal[] = [];
    const ended = restores.outlive(stop.signal, async (term) => {
      terms.push(term);
      await clock.sleep(Number.POSITIVE_INFINITY, term).catch(() => {});
    });
    restores.note();
    await clock.advance(0);
    expect(terms.map(({ aborted }) => aborted)).to.deep.equal([true, false]);
    await clock.advance(60_000);
    restores.note();
    await clock.advance(0);
    expect(terms.map(({ aborted }) => aborted)).to.deep.equal([true, true, false]);
    stop.abort();
    await ended;
    expect(terms).to.have.length(3);
  });
});
