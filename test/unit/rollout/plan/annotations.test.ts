import { expect } from "chai";
import { type AnnotationTable, oneOf } from "../../../../rollout/plan/annotation.ts";
import { annotations } from "../../../../rollout/plan/annotations.ts";
import type { PlanSettings } from "../../../../rollout/plan/plan.ts";

type Expect<T extends true> = T;
type Same<A, B> = [A, B] extends [B, A] ? true : false;

/** Checked by the compiler: the table alone decides the type of each setting. */
export type Checked = [
  Expect<Same<keyof PlanSettings, keyof typeof annotations>>,
  Expect<Same<PlanSettings["onFailure"], "hold" | "undo">>,
  Expect<Same<PlanSettings["stickyMs"], number | undefined>>,
];

describe("the annotation table", () => {
  it("has no row that nothing parses: the compiler refuses it", () => {
    const row = { key: "serin.dev/x", form: "a or b", doc: "", example: "a" };
    const table = { x: { ...row, ...oneOf(["a", "b"]) } } satisfies AnnotationTable;
    // @ts-expect-error `parse` is missing.
    const unparsed = { x: row } satisfies AnnotationTable;
    expect([table, unparsed]).to.have.length(2);
  });

  it("has each key once, under the prefix", () => {
    const keys = Object.values(annotations).map(({ key }) => key);
    expect(new Set(keys).size).to.equal(keys.length);
    expect(keys.filter((key) => !key.startsWith("serin.dev/"))).to.deep.equal([]);
  });
});
