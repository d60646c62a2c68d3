import { expect } from "chai";
import { Board } from "../../../dashboard/board.ts";
import type { EndedVersion } from "../../../dashboard/lean-objects.ts";
import type { Deployment } from "../../../kube/core/workloads.ts";
import { aDeployment, NOON } from "../../support/builders.ts";
import { flightObjects } from "./flying.ts";

/** A board over copies that a test sets. */
function board() {
  const found: { deployments: Deployment[]; ended: EndedVersion[]; message: string } = {
    ...{ deployments: [], ended: [], message: "step 1" },
  };
  const nothing = { synced: Promise.resolve(), get: () => undefined, list: () => [], by: () => [] };
  const empty = { ...nothing, incomplete: () => new Set<string>(), apply: () => {} };
  const flight = () => flightObjects({ run: { message: found.message } });
  const copies = {
    isComplete: true,
    deployments: {
      ...empty,
      list: () => found.deployments,
      get: (key: string) =>
        found.deployments.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === key),
    },
    replicaSets: { ...empty, by: () => flight().replicaSets },
    services: empty,
    ended: { ...empty, by: () => found.ended },
    routesOf: () => [flight().route],
  };
  const made = new Board(copies as unknown as ConstructorParameters<typeof Board>[0], { now: () => NOON });
  return { found, board: made, flight };
}

describe("the board", () => {
  it("makes a view again only when something was noted, and counts only what changed", () => {
    const { found, board: made, flight } = board();
    found.deployments = [flight().deployment];
    expect([...made.listed().keys()]).to.deep.equal([]);
    made.note("shop/web");
    const first = made.listed().get("shop/web");
    expect(JSON.parse(first?.text ?? "")).to.include({ says: "step 1", state: "preparing" });
    made.note("shop/web");
    expect(made.listed().get("shop/web")).to.equal(first);
    found.message = "step 2";
    expect(made.listed().get("shop/web")).to.equal(first);
    made.note("shop/web");
    expect(made.listed().get("shop/web")?.version).to.be.above(first?.version ?? 0);
    found.deployments = [aDeployment()];
    made.note("shop/web");
    expect([...made.listed().keys()]).to.deep.equal([]);
  });

  it("tells its listener of each note", () => {
    const { board: made } = board();
    let news = 0;
    made.listen(() => {
      news += 1;
    });
    made.note("shop/web");
    made.note("shop/api");
    expect(news).to.equal(2);
  });

  it("keeps the view of a Deployment at rest until the Deployment or its last rollout changes", () => {
    const { found, board: made } = board();
    found.deployments = [aDeployment(), aDeployment({ meta: { name: "plain", annotations: {} } })];
    const [rest, ...others] = made.all();
    expect([rest?.state, rest?.revision, others.length]).to.deep.equal(["rest", "1", 0]);
    expect(made.all()[0]).to.equal(rest);
    const past = {
      namespace: "shop",
      name: "web",
      replicaSet: "web-2",
      images: [],
      outcome: "failed" as const,
    };
    found.ended = [
      { metadata: { name: "web-2" }, past: { ...past, ended: "2026-01-01T12:00:00Z", says: "5xx" } },
    ];
    expect(made.all()[0]).to.deep.include({ state: "rest", outcome: "failed", says: "5xx" });
    found.deployments = [aDeployment({ meta: { annotations: { "serin.dev/rollout": "blue-green" } } })];
    expect(made.all()[0]?.strategy).to.equal("blue-green");
  });
});
