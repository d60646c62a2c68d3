import { readFileSync } from "node:fs";
import { expect } from "chai";
import * as v from "valibot";
import { statusSchemas } from "../../../../docs/status-schema.ts";
import { viewSchema } from "../../../../rollout/view/view.ts";

/** A view as the first version of the schema had it: all that was required then. */
const first = {
  ...{ apiVersion: "serin.dev/v1", kind: "RolloutStatus", metadata: { namespace: "shop", name: "web" } },
  ...{ at: "2026-11-29T12:00:00.000Z", state: "rest", revision: "1", versions: {}, images: [], steps: [] },
  ...{ traffic: { canary: 0, stable: 100 }, checks: [], pods: [], services: [], routes: [], requests: [] },
  course: [],
};

describe("docs/status.schema.json", () => {
  it("says what the program says: npm run docs", () => {
    const page = readFileSync(new URL("../../../../docs/status.schema.json", import.meta.url), "utf8");
    expect(page).to.equal(statusSchemas());
  });

  it("only grows: it requires nothing that its first version did not have", () => {
    expect(v.parse(viewSchema, first)).to.deep.equal(first);
  });
});
