import { expect } from "chai";
import { askStrangers } from "../../../../controller/reconcile/strangers.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import { aDeployment, aReplicaSet, aService, NOON } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";

const { metadata, spec } = aDeployment();
const question = { metadata, templates: [spec.template], sets: [aReplicaSet()], listed: [aService()] };
const before = { strangers: [{ service: "web", kind: "StatefulSet", name: "db" }], askedAt: NOON };

describe("who else is behind the Services of a rollout in flight", () => {
  let clock: FakeClock;
  let lists: number;
  let logged: object[];
  beforeEach(() => {
    [clock, lists, logged] = [new FakeClock(NOON), 0, []];
  });

  const ask = (last: Parameters<typeof askStrangers>[2] = before, failure?: Error) => {
    const list = async () => {
      lists += 1;
      if (failure !== undefined) throw failure;
      return { items: [] };
    };
    const log = { ...noLog, warn: (fields: object) => void logged.push(fields) };
    return askStrangers({ kube: { list } as unknown as Kube, clock, log }, question, last);
  };

  it("is asked once a minute", async () => {
    await clock.advance(59_999);
    expect(await ask()).to.equal(before);
    await clock.advance(1);
    expect(await ask()).to.deep.equal({ strangers: [], askedAt: NOON + 60_000 });
    expect(lists).to.equal(1);
  });

  it("stays as it was if the list fails, which is logged, and is asked again after a minute", async () => {
    await clock.advance(60_000);
    const err = new Error("more than 4194304 characters");
    const after = await ask(before, err);
    expect(after).to.deep.equal({ ...before, askedAt: NOON + 60_000 });
    expect(logged).to.deep.equal([{ namespace: "shop", name: "web", uid: "uid-web", err }]);
    expect(await ask(after, err)).to.equal(after);
    expect(lists).to.equal(1);
  });
});
