import { expect } from "chai";
import type { EndpointSlice } from "../../../../kube/core/services.ts";
import type { PodTemplate } from "../../../../kube/core/workloads.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import { portlessWarnings } from "../../../../rollout/preflight/ports.ts";
import { drainUnanswered } from "../../../../rollout/stages/drain.ts";
import { servingEndpoints } from "../../../../rollout/stages/endpoints.ts";
import { awaitReady } from "../../../../rollout/stages/prepare.ts";
import { isExposed } from "../../../../rollout/traffic/exposure.ts";
import { shareOf } from "../../../../rollout/traffic/route-record.ts";
import { writeIsolation } from "../../../../rollout/traffic/writes.ts";
import { AT_NOON, aReplicaSet, aRoute, aService, NOON } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";

const named = (name: string, port: number) => ({ name, port, targetPort: name });
const http3 = { ...named("h3", 80), protocol: "UDP" as const };
const service = aService({ ports: [named("http", 80), http3, named("admin", 81)] });
const slice = (of: string, ports: readonly string[] | null, ...pods: string[]): EndpointSlice => ({
  metadata: { name: of, namespace: "shop", labels: { "kubernetes.io/service-name": of } },
  ports: ports?.map((name) => ({ name })) ?? null,
  endpoints: pods.map((name) => ({ addresses: [`ip-${name}`], targetRef: { kind: "Pod", name } })),
});
const unready = (...addresses: string[]): EndpointSlice => ({
  ...slice("web-canary", ["http"]),
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: false } })),
});
const both = aRoute({
  backends: [
    { name: "web", port: 80 },
    { name: "web", port: 81 },
  ],
});
const count = (slices: readonly EndpointSlice[], routes = [aRoute()]) =>
  servingEndpoints(slices, [service], routes).get("web-canary");

describe("an endpoint that can take weight", () => {
  const cases: [string, number, readonly EndpointSlice[], (typeof both)[]?][] = [
    ["has the route's port", 2, [slice("web-canary", ["http"], "a", "b")]],
    [
      "is in a slice of any number",
      2,
      [slice("web-canary", ["http"], "a"), slice("web-canary", ["http"], "a", "b")],
    ],
    [
      "counts once in two address families",
      1,
      [
        slice("web-canary", ["http"], "a"),
        {
          ...slice("web-canary", ["http"], "a"),
          endpoints: [{ addresses: ["fd00::1"], targetRef: { name: "a" } }],
        },
      ],
    ],
    ["is ready", 0, [unready("10.0.0.9")]],
    [
      "is ready by its pod, not because its Service publishes what is not ready",
      1,
      [
        slice("web-canary", ["http"], "a"),
        {
          ...unready(),
          endpoints: [{ addresses: ["10.0.0.9"], conditions: { ready: true, serving: false } }],
        },
      ],
    ],
    ["is not one without ports", 0, [slice("web-canary", null, "a"), slice("web-canary", [], "b")]],
    ["is not one with another port only", 0, [slice("web-canary", ["admin"], "a")]],
    [
      "has each port that a route names",
      1,
      [slice("web-canary", ["http"], "a"), slice("web-canary", ["http", "admin"], "b")],
      [both],
    ],
    [
      "needs no port that the stable version lacks",
      1,
      [slice("web", ["http"], "s"), slice("web-canary", ["http"], "a")],
      [both],
    ],
    [
      "needs no port of a Service through which no stable pod was ever reached",
      1,
      [slice("web", null, "s"), slice("web-canary", [], "a")],
      [both],
    ],
    ["needs each port of a stable version that is down", 0, [slice("web-canary", ["http"], "a")], [both]],
    [
      "needs no UDP port of the number that a route names",
      1,
      [slice("web", ["http", "h3"], "s"), slice("web-canary", ["http"], "a")],
    ],
    ["is not one of another Service", 0, [slice("web", ["http"], "s"), slice("api-canary", ["http"], "a")]],
  ];
  for (const [what, expected, slices, routes] of cases) {
    it(what, () => {
      expect(count(slices, routes)).to.equal(expected);
    });
  }
});

const MINUTE = 60_000;
const template = (...ports: string[]): PodTemplate => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "app", ports: ports.map((name) => ({ name, containerPort: 8080 })) }] },
});

describe("a version that names its port otherwise", () => {
  const what =
    'Service web sends to targetPort "http", and no container of the new version has a port of that name';

  const warned: [string, PodTemplate, PodTemplate, boolean][] = [
    ["lacks the name", template("web"), template("http"), true],
    ["has no ports", template(), template("http"), true],
    ["has it", template("web", "http"), template("http"), false],
    ["lacks it as the stable version does", template(), template("web"), false],
    [
      "has it in another container",
      {
        spec: {
          containers: [template().spec, template("http").spec].flatMap((spec) => spec?.containers ?? []),
        },
      },
      template("http"),
      false,
    ],
    [
      "has it in a sidecar",
      {
        spec: {
          ...template().spec,
          initContainers: [{ ...template("http").spec?.containers?.[0], restartPolicy: "Always" }],
        },
      },
      template("http"),
      false,
    ],
    [
      "has it in an init container that ends",
      { spec: { ...template().spec, initContainers: template("http").spec?.containers ?? [] } },
      template("http"),
      true,
    ],
  ];
  const one = aService({ ports: [named("http", 80)] });
  for (const [which, fresh, stable, isWarned] of warned) {
    it(`is ${isWarned ? "" : "not "}warned of if it ${which}`, () => {
      const use =
        "the canary gets no weight until one has it; name the port alike, or change the Service's targetPort";
      expect(portlessWarnings([one], [aRoute()], fresh, stable)).to.deep.equal(
        isWarned ? [`${what}: ${use}`] : [],
      );
    });
  }

  it("is told what becomes of a port to which no route sends requests", () => {
    const two = aService({ ports: [named("http", 80), named("metrics", 9100)] });
    const said = portlessWarnings([two], [aRoute()], template("http"), template("http", "metrics"));
    expect(said).to.deep.equal([
      'Service web sends to targetPort "metrics", and no container of the new version has a port of that name: ' +
        "no pod answers at port 9100 after the promotion; name the port alike, or change the Service's targetPort",
    ]);
  });

  it("is warned of without a route by what its pods count, where no weight exists", () => {
    const use = "name the port alike, or change the Service's targetPort";
    expect(portlessWarnings([one], [], template("web"), template("http"))).to.deep.equal([
      `${what}: the canary's pods do not count as ready until one has it; ${use}`,
    ]);
    const two = aService({ ports: [named("http", 80), named("metrics", 9100)] });
    expect(
      portlessWarnings([two], [], template("web"), template("http")),
      "the stable version lacks one, too",
    ).to.deep.equal([`${what}: no pod answers at port 80 after the promotion; ${use}`]);
  });

  it("is not warned of by a number", () => {
    const numbered = aService({ ports: [{ port: 80, targetPort: 8090 }] });
    expect(portlessWarnings([numbered], [aRoute()], template(), template("http"))).to.deep.equal([]);
  });

  const at = (minutes: number, routes = [carrying(aRoute(), 10, NOON)], stable = template("http")) => {
    const services = [merged(one, writeIsolation(one, "uid-web", "web1", AT_NOON))];
    const ready = { type: "Ready", status: "True", lastTransitionTime: AT_NOON } as const;
    const pods = [{ metadata: { name: "a", creationTimestamp: AT_NOON }, status: { conditions: [ready] } }];
    const set = aReplicaSet({ image: "web:2", replicas: 1 });
    const canary = { ...set, spec: { ...set.spec, template: template("web") } };
    const snapshot = aRollout({ services, routes, endpoints: new Map(), now: NOON + minutes * MINUTE });
    return { ...snapshot, pods, canary, stable: { ...set, spec: { ...set.spec, template: stable } } };
  };
  const waiting = (...given: Parameters<typeof at>) => awaitReady(at(...given));

  it("has no weight, and the condition says why", () => {
    expect(waiting(1)?.condition?.message).to.equal(
      `waiting for ready canary pods, 0 of 1 so far: ${what}: name the port alike, or change the Service's targetPort`,
    );
    const [write] = drainUnanswered(at(1))?.writes ?? [];
    const route = merged(carrying(aRoute(), 10, NOON), write as Write);
    expect(isExposed(shareOf(route, "uid-web"))).to.equal(false);
  });

  it("is rolled back at the Deployment's deadline", () => {
    expect(waiting(9.9)?.condition?.reason).to.equal("Preparing");
    expect(JSON.stringify(waiting(10.1)?.writes)).to.contain("for progressDeadlineSeconds (600s)");
  });

  it("does not take over without a route either, unless the stable version lacks the port, too", () => {
    expect(waiting(1, [])?.condition?.message).to.contain(what);
    expect(JSON.stringify(waiting(10.1, [])?.writes)).to.contain("for progressDeadlineSeconds (600s)");
    expect(waiting(1, [], template("web"))).to.equal(undefined);
  });
});
