import { expect } from "chai";
import type { SourceObject } from "../../../migrate/conversion.ts";
import { canaryFields } from "../../../migrate/flagger/fields.ts";
import { parsePlan } from "../../../rollout/plan/plan.ts";
import { isRecord } from "../../../rollout/text/parse.ts";
import { annotationsOf, canary, converted, metricTemplateObject } from "./canaries.ts";

const text = { exact: "a" };
const whole = {
  autoscalerRef: { kind: "HorizontalPodAutoscaler", name: "web" },
  progressDeadlineSeconds: 60,
  service: {
    name: "shop",
    port: 81,
    portName: "web",
    targetPort: 8080,
    appProtocol: "http",
    trafficDistribution: "PreferClose",
    headless: true,
    portDiscovery: true,
    apex: { labels: { a: "b" } },
    hosts: ["a.example"],
    gatewayRefs: [{ name: "gw" }],
    timeout: "5s",
    backendTimeout: "2s",
    match: [{ uri: { exact: "/a" } }],
    rewrite: { uri: "/" },
    headers: { response: { remove: ["a"] } },
    mirror: [{ backendRef: { name: "b", port: 80 } }],
    corsPolicy: { allowOrigin: ["https://a.example"] },
  },
  analysis: {
    interval: "30s",
    threshold: 5,
    maxWeight: 50,
    stepWeight: 10,
    mirror: true,
    mirrorWeight: 50,
    sessionAffinity: { cookieName: "a", maxAge: 60 },
    metrics: [
      { name: "request-success-rate", threshold: 99 },
      { name: "own", query: "q", interval: "2m", thresholdRange: { max: 1 } },
      { name: "t", templateRef: { name: "t" }, templateVariables: { a: "b" }, thresholdRange: { min: 1 } },
    ],
    webhooks: [{ name: "load", url: "http://tester.test/" }],
  },
};
/** Canaries that have every field that is carried, none of which another one makes idle. */
const wholes = [
  whole,
  { ...whole, analysis: { stepWeights: [1, 2] } },
  { ...whole, analysis: { iterations: 2, match: [{ headers: { "x-a": text } }] } },
].map((spec) => canary(spec, { name: "release" }));

/** The files and the annotations for a Canary, or why there are none. */
function writtenFor(object: SourceObject): string {
  const labels = { app: "web" };
  const container = { name: "app", ports: [{ name: "admin", containerPort: 9000 }] };
  const spec = { selector: { matchLabels: labels }, template: { spec: { containers: [container] } } };
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop" },
    spec,
  };
  try {
    return JSON.stringify(converted([object, deployment, metricTemplateObject("t", "q")]).files);
  } catch (error) {
    return String(error);
  }
}

/** The object without what a path names, in every item of a list. */
function without<T>(object: T, path: string): T {
  const copy = structuredClone(object);
  const cut = (value: unknown, [first = "", ...rest]: readonly string[]): void => {
    if (!isRecord(value)) return;
    const name = first.replace("[]", "");
    if (rest.length === 0) delete value[name];
    else for (const each of [value[name]].flat()) cut(each, rest);
  };
  cut(copy, path.split("."));
  return copy;
}

describe("the fields of a Canary that are carried", () => {
  // The table says what is carried; without the field, the result must be another one.
  it("makes something of every field that its table calls carried", () => {
    const carried = Object.keys(canaryFields).filter((key) => canaryFields[key]?.fate === "carried");
    const isIdle = (path: string) =>
      wholes.every((one) => writtenFor(one) === writtenFor(without(one, path)));
    // The autoscaler keeps its target, so nothing is written for it.
    expect(carried.filter(isIdle)).to.deep.equal(["spec.autoscalerRef"]);
  });

  it("writes plans that Serin accepts", () => {
    for (const whole of wholes) expect(parsePlan(annotationsOf(converted([whole])))).to.have.property("plan");
  });
});
