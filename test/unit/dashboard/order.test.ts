import { expect } from "chai";
import fc from "fast-check";
import { newStates, rolloutKey, withChanges } from "../../../dashboard/page/model/listed.ts";
import { inOrder, matching, nextSorting } from "../../../dashboard/page/model/order.ts";
import { listSummary } from "../../../dashboard/page/model/summary.ts";
import { worstFirst } from "../../../rollout/view/urgency.ts";
import type { RolloutView } from "../../../rollout/view/view.ts";
import { aListedView } from "../../support/page/flights.ts";
import { aScene } from "../../support/page/scene.ts";

const views = aScene().all.rollouts;
const namesOf = (list: readonly RolloutView[]) => list.map(({ metadata }) => metadata.name);
const worst = ["ledger", "checkout", "cards", "search", "web", "edge", "cart", "dns"];
const at = "2026-01-01T12:00:00Z";

describe("the order of the dashboard's list", () => {
  it("has the worst first, then the oldest, in whatever order the server sends", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...views], { minLength: views.length }), (shuffled) => {
        expect(namesOf(worstFirst(shuffled))).to.deep.equal(worst);
      }),
    );
  });

  it("sorts by a column both ways, with the worst first among equals", () => {
    const by = (column: Parameters<typeof nextSorting>[1], descending = false) =>
      namesOf(inOrder(views, { column, descending }));
    expect(by("name")).to.deep.equal(worst.toSorted());
    expect(by("namespace", true).slice(0, 4)).to.deep.equal(["checkout", "search", "web", "cart"]);
    expect(by("harm", true)[0]).to.equal("ledger");
    expect(by("since")[0]).to.equal("cart");
  });

  it("goes from ascending to descending and back to the worst first", () => {
    const up = nextSorting(undefined, "name");
    const down = nextSorting(up, "name");
    expect([up, down, nextSorting(down, "name")]).to.deep.equal([
      { column: "name", descending: false },
      { column: "name", descending: true },
      undefined,
    ]);
    expect(nextSorting(down, "since")).to.deep.equal({ column: "since", descending: false });
  });

  it("keeps what fits the namespace and each word of the filter", () => {
    expect(namesOf(matching(views, "pay", ""))).to.deep.equal(["ledger", "cards"]);
    expect(namesOf(matching(views, "", "SHOP we"))).to.deep.equal(["web"]);
    expect(namesOf(matching(views, "", "rolled-back"))).to.deep.equal(["ledger"]);
    expect(matching(views, "pay", "web")).to.deep.equal([]);
  });

  it("counts the states in words", () => {
    expect(listSummary(views).map(({ text }) => text)).to.deep.equal([
      "✖ 1 rolled back",
      "‖ 1 waits for a person",
      "‖ 1 holds for evidence",
      "◑ 3 in progress",
    ]);
  });
});

describe("the rollouts that the dashboard's page knows", () => {
  const all = { at, all: true, changed: views, gone: [] };

  it("are those of the first event, with the changes of each later one", () => {
    const first = withChanges(undefined, all);
    const changed = aListedView({ namespace: "shop", name: "web", weight: 50 });
    const next = withChanges(first, { at, all: false, changed: [changed], gone: ["pay/ledger"] });
    expect(next.views.get("shop/web")).to.equal(changed);
    expect(next.views.has("pay/ledger")).to.equal(false);
    expect(next.views.get("pay/cards")).to.equal(first.views.get("pay/cards"));
    expect([...withChanges(next, { ...all, changed: [changed] }).views.keys()]).to.deep.equal([
      rolloutKey(changed),
    ]);
  });

  it("are told when their state changes, and not when they are listed first", () => {
    const first = withChanges(undefined, all);
    const bad = aListedView({ namespace: "shop", name: "web", state: "rolled-back" });
    const same = aListedView({ namespace: "pay", name: "cards", state: "holding", weight: 50 });
    const next = withChanges(first, { at, all: false, changed: [bad, same], gone: [] });
    expect(newStates(undefined, first, ({ state }) => state)).to.deep.equal([]);
    expect(newStates(first, next, ({ state }) => state)).to.deep.equal(["web in shop: rolled-back"]);
  });
});
