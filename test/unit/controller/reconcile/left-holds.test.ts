import { expect } from "chai";
import { removeLeftHolds } from "../../../../controller/reconcile/left-holds.ts";
import type { RestoreOptions } from "../../../../controller/reconcile/restore.ts";
import type { Kube } from "../../../../kube/client/api.ts";
import { ApiError } from "../../../../kube/client/errors.ts";
import type { KubeObject } from "../../../../kube/core/meta.ts";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { FLIGHT } from "../../../../rollout/keys.ts";
import { hold } from "../../../../rollout/workload/hold.ts";
import { aDeployment } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";

type Named = { name: string };

/** A Deployment; `held`: with the values of the hold and without a record. */
function stored(name: string, held: boolean, more: object = {}): Deployment {
  const { metadata, spec } = aDeployment({ meta: { name, ...more } });
  return { metadata, spec: held ? hold(spec, 1) : spec };
}

describe("holds that no record belongs to, in Deployments without a mark", () => {
  let written: string[];
  let kept: number;

  /** Of a cluster with these Deployments; those in `gone` cannot be read after the list. */
  const removeIn = (
    objects: readonly Deployment[],
    gone: readonly string[] = [],
    failure = new ApiError(404, "NotFound", "gone"),
  ) => {
    const kube = {
      list: async (
        _resource: unknown,
        _where: unknown,
        _query: unknown,
        pick: (one: Deployment) => KubeObject,
      ) => {
        const items = objects.map(pick);
        kept = JSON.stringify(items).length;
        return { items };
      },
      get: async (_resource: unknown, { name }: Named) => {
        if (gone.includes(name)) throw failure;
        return objects.find(({ metadata }) => metadata.name === name);
      },
      jsonPatch: async (_resource: unknown, { name }: Named) => {
        written.push(`patch ${name}`);
        return aDeployment();
      },
      create: async (_resource: unknown, _where: unknown, { reason }: { reason: string }) => {
        written.push(`event ${reason}`);
      },
    } as unknown as Kube;
    const caches = { apply: () => {} };
    const options = { kube, caches, observer: {}, clock: new FakeClock(), log: noLog };
    return removeLeftHolds(options as unknown as RestoreOptions);
  };

  beforeEach(() => {
    written = [];
  });

  it("are removed, and an Event says so; those with a mark belong to the sweeps", async () => {
    await removeIn([
      stored("web", false),
      stored("copy", true),
      stored("marked", true, { labels: { [FLIGHT]: "x" } }),
    ]);
    expect(written).to.deep.equal(["patch copy", "event HoldRemoved"]);
  });

  it("are found among all Deployments, however long they are, without keeping them", async () => {
    const annotations = { filler: "x".repeat(255_000) };
    await removeIn(Array.from({ length: 500 }, (_, i) => stored(`fat-${i}`, i % 250 === 7, { annotations })));
    expect(written).to.deep.equal(["patch fat-7", "event HoldRemoved", "patch fat-257", "event HoldRemoved"]);
    expect(kept, "characters").to.be.below(100_000);
  });

  it("are removed from the others if one is gone", async () => {
    await removeIn([stored("gone", true), stored("copy", true)], ["gone"]);
    expect(written).to.deep.equal(["patch copy", "event HoldRemoved"]);
  });

  it("are removed from the others if one cannot be read, and the error is told after that", async () => {
    const failure = new ApiError(500, "InternalError", "no quorum");
    const removing = removeIn([stored("unread", true), stored("copy", true)], ["unread"], failure);
    expect(await removing.catch((error: unknown) => error)).to.equal(failure);
    expect(written).to.deep.equal(["patch copy", "event HoldRemoved"]);
  });
});
