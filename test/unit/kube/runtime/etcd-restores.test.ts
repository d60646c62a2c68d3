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
    expect(log.lines).to.deep.equal(
      Array(2).fill("warn: etcd was restored from a backup: canaries are judged from now on"),
    );
  });
});
