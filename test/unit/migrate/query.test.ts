import { expect } from "chai";
import { rewriteQuery } from "../../../migrate/query.ts";

describe("queries of Flagger's templates", () => {
  for (const [what, query, expected, open] of [
    [
      "Istio's workload becomes the canary Service",
      'a{destination_workload=~"{{ target }}",b="c"}',
      'a{destination_service_name="{{ service }}-canary",b="c"}',
      [],
    ],
    [
      "the pods become those of the canary's ReplicaSet",
      'a{kubernetes_pod_name=~"{{ target }}-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)"} / b{pod=~"{{target}}-.*"}',
      'a{kubernetes_pod_name=~"{{ replicaset }}-.*"} / b{pod=~"{{ replicaset }}-.*"}',
      [],
    ],
    [
      "the canary Service keeps its name",
      'a{cluster="x_{{ target }}-canary_80"}',
      'a{cluster="x_{{ target }}-canary_80"}',
      [],
    ],
    [
      "another label is left to a person",
      'a{app="{{ target }}"}',
      'a{app="{{ target }}"}',
      ['app="{{ target }}"'],
    ],
    [
      "so is the stable version of Flagger",
      'a{pod=~"{{ target }}-primary-.*"}',
      'a{pod=~"{{ target }}-primary-.*"}',
      ['pod=~"{{ target }}-primary-.*"'],
    ],
    ["and an ingress", 'a{ingress="{{ ingress }}"}', 'a{ingress="{{ ingress }}"}', ["{{ ingress }}"]],
    [
      "a query of the Service needs no change",
      'a{service="{{ service }}-canary"}',
      'a{service="{{ service }}-canary"}',
      [],
    ],
  ] as const) {
    it(what, () => {
      const found = rewriteQuery(query);
      expect(found.query).to.equal(expected);
      expect(found.open).to.deep.equal(open);
      expect(found.changes.length > 0).to.equal(query !== expected);
    });
  }
});
