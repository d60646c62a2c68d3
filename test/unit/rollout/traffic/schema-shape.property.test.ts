import fc from "fast-check";
import type { RouteRule } from "../../../../kube/core/routes.ts";
import { hasSchemaShape } from "../../../../rollout/traffic/schema-shape.ts";
import { aRoute } from "../../../support/builders.ts";
import { validGrpcRules, validHttpRules } from "../../../support/valid-routes.ts";

describe("rollout/traffic/schema-shape", () => {
  for (const [kind, rules] of Object.entries({ HTTPRoute: validHttpRules, GRPCRoute: validGrpcRules })) {
    it(`accepts each ${kind} that the Gateway API accepts`, () => {
      fc.assert(fc.property(rules, (valid) => hasSchemaShape(aRoute({ rules: valid as RouteRule[] }))));
    });
  }
});
