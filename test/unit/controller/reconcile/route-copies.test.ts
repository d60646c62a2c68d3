import { expect } from "chai";
import { RouteCopies } from "../../../../controller/reconcile/route-copies.ts";
import type { Route } from "../../../../kube/core/routes.ts";
import { leanRoute } from "../../../../rollout/traffic/lean-route.ts";
import { aRoute } from "../../../support/builders.ts";

const route = (name: string, version = "1"): Route =>
  aRoute({ kind: "HTTPRoute", meta: { name, resourceVersion: version } });
const { size } = leanRoute(route("a"));
const key = (name: string) => `HTTPRoute/shop/${name}`;

describe("the copies of whole routes", () => {
  it("have bounded room, and drop those that were put first", () => {
    const copies = new RouteCopies(3 * size);
    for (const name of ["a", "b", "c", "d"]) copies.put(route(name), { size });
    expect(["a", "b", "c", "d"].map((name) => copies.get(key(name))?.metadata.name)).to.deep.equal([
      undefined,
      "b",
      "c",
      "d",
    ]);
  });

  it("count a route once, however often it is put, and keep none that is longer than the room", () => {
    const copies = new RouteCopies(2 * size);
    for (let i = 0; i < 5; i += 1) copies.put(route("a"), { size });
    copies.put(route("b"), { size });
    expect(copies.get(key("a"))).not.to.equal(undefined);
    copies.put(route("long"), { size: 3 * size });
    expect(copies.get(key("long"))).to.equal(undefined);
  });

  it("are renewed by the watch, and never with an older version", () => {
    const copies = new RouteCopies(3 * size);
    copies.put(route("a", "9"), { size });
    for (const version of ["8", "10"]) copies.renew(route("a", version), leanRoute(route("a", version)));
    expect(copies.get(key("a"))?.metadata.resourceVersion).to.equal("10");
  });

  it("stay as the watch renewed them when the answer to an earlier write comes later", () => {
    const copies = new RouteCopies(3 * size);
    for (const version of ["8", "10", "9"]) copies.put(route("a", version), { size });
    expect(copies.get(key("a"))?.metadata.resourceVersion).to.equal("10");
    copies.drop(key("a"));
    copies.put(route("a", "9"), { size });
    expect(copies.get(key("a"))?.metadata.resourceVersion).to.equal("9");
  });

  it("take what the watch reports of other routes, and leave half of the room to rollouts", () => {
    const copies = new RouteCopies(4 * size);
    for (const name of ["a", "b", "c"]) copies.renew(route(name), { size });
    expect(["a", "b", "c"].filter((name) => copies.get(key(name)))).to.deep.equal(["a", "b"]);
    for (const name of ["c", "d"]) copies.put(route(name), { size });
    expect(["a", "b", "c", "d"].filter((name) => copies.get(key(name)))).to.have.length(4);
  });
});
