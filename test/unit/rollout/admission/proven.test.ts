import { expect } from "chai";
import type { Effect } from "../../../../rollout/admission/answer.ts";
import { provenEffects } from "../../../../rollout/admission/proven.ts";
import { AT_NOON, aReplicaSet, aService } from "../../../support/builders.ts";

const uid = "uid-web";
const isolate = (hash: string, of = uid): Effect => ({
  kind: "isolate",
  services: [aService()],
  uid: of,
  hash,
});
const own = [aReplicaSet(), aReplicaSet({ image: "web:2", available: 0 })];

describe("rollout/admission/proven", () => {
  const rows: [string, Effect, string | undefined, boolean][] = [
    ["isolation to an available version", isolate("web1"), uid, true],
    ["isolation to a version without available pods", isolate("web2"), uid, false],
    ["isolation to an unknown hash", isolate("none"), uid, false],
    ["isolation for another Deployment", isolate("web1", "uid-other"), uid, false],
    ["a restore", { kind: "restore", uid }, uid, true],
    ["a restore for another Deployment", { kind: "restore", uid: "uid-other" }, uid, false],
    ["a drain", { kind: "drain", uid, undo: AT_NOON }, uid, true],
    ["a drain for another Deployment", { kind: "drain", uid: "uid-other", undo: AT_NOON }, uid, false],
    [
      "a drain if the stored Deployment is not the request's",
      { kind: "drain", uid, undo: AT_NOON },
      undefined,
      false,
    ],
  ];
  for (const [what, effect, live, isProven] of rows) {
    it(`${isProven ? "keeps" : "drops"} ${what}`, () => {
      expect(provenEffects([effect], live, own)).to.deep.equal(isProven ? [effect] : []);
    });
  }
});
