import { expect } from "chai";
import type { Kube, Where } from "../../../kube/client/api.ts";
import type { Resource } from "../../../kube/core/resources.ts";
import { performEffect } from "../../../webhook/effects.ts";
import { Lanes } from "../../../webhook/lanes.ts";
import { AT_NOON, aRoute } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { applied } from "../../support/routes.ts";

const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };

/** A server that notes how many routes are read at the same time, and what is written. */
function slowServer() {
  const seen = { most: 0, written: [] as string[] };
  let reading = 0;
  const get = async (_resource: Resource, { name = "" }: Where) => {
    reading += 1;
    seen.most = Math.max(seen.most, reading);
    await new Promise((resolve) => setImmediate(resolve));
    reading -= 1;
    return applied(aRoute({ kind: "HTTPRoute", meta: { name, resourceVersion: "1" } }), { "uid-web": share });
  };
  const mergePatch = async (_resource: Resource, { name = "" }: Where, patch: object) => {
    seen.written.push(name);
    return { metadata: { name }, ...patch };
  };
  return { kube: { get, mergePatch, jsonPatch: mergePatch } as unknown as Kube, seen };
}

describe("webhook/effects", () => {
  it("holds few routes in memory, however many undos of a namespace drain at once, and writes all of them", async () => {
    const { kube, seen } = slowServer();
    const lanes = new Lanes(hastyClock);
    const undos = Array.from({ length: 5 }, (_, undo) => {
      const routes = Array.from({ length: 8 }, (_, i) => ({
        kind: "HTTPRoute",
        metadata: { name: `r-${undo}-${i}`, namespace: "shop" },
      }));
      const pause = async () => {};
      const needs = { kube, clock: hastyClock, lanes, pause, namespace: "shop", routes };
      return performEffect({ kind: "drain", uid: "uid-web", undo: AT_NOON }, false, needs);
    });
    await Promise.all(undos);
    expect(seen.most).to.be.at.most(2);
    expect(new Set(seen.written).size).to.equal(40);
  });
});
