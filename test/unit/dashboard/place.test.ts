import { expect } from "chai";
import fc from "fast-check";
import { fragmentOf, type PagePlace, pagePlaceOf, tabs } from "../../../dashboard/page/model/place.ts";

const word = fc.string({ minLength: 1, unit: "grapheme" });
const list = fc.record({
  kind: fc.constant("list" as const),
  tab: fc.constantFrom(...(Object.keys(tabs) as (keyof typeof tabs)[])),
  namespace: fc.string(),
  filter: fc.string(),
});
const rollout = fc.record(
  { kind: fc.constant("rollout" as const), namespace: word, name: word, revision: word },
  { requiredKeys: ["kind", "namespace", "name"] },
);

describe("the addresses of the dashboard's page", () => {
  it("name a place, whatever its texts are", () => {
    fc.assert(
      fc.property(fc.oneof(list, rollout), (place) => {
        expect(pagePlaceOf(fragmentOf(place))).to.deep.equal(place);
      }),
    );
  });

  const all = { kind: "list", tab: "in-flight", namespace: "", filter: "" } as const;
  const rows: Record<string, PagePlace> = {
    "": all,
    "#/": all,
    "#/ended": { ...all, tab: "ended" },
    "#/opted-in?namespace=shop&filter=a+b": { ...all, tab: "opted-in", namespace: "shop", filter: "a b" },
    "#/shop/web": { kind: "rollout", namespace: "shop", name: "web" },
    "#/shop/web/9": { kind: "rollout", namespace: "shop", name: "web", revision: "9" },
    "#/no-such-tab": all,
    "#/100%/web": { kind: "rollout", namespace: "100%", name: "web" },
  };
  for (const [fragment, place] of Object.entries(rows))
    it(`reads ${JSON.stringify(fragment)}`, () => {
      expect(pagePlaceOf(fragment)).to.deep.equal(place);
    });
});
