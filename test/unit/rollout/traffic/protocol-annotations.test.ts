import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parse } from "yaml";
import type { Service } from "../../../../kube/core/services.ts";
import { canaryServiceOf } from "../../../../rollout/traffic/canary-service.ts";
import { changesWay, reisolate } from "../../../../rollout/traffic/isolation.ts";
import { protocolBeginnings, protocolWarnings } from "../../../../rollout/traffic/protocol-annotations.ts";
import { serviceRecordOf } from "../../../../rollout/traffic/service-record.ts";
import {
  writeIsolation,
  writeSelector,
  writeStableSelector,
  writeTurn,
} from "../../../../rollout/traffic/writes.ts";
import { AT_NOON, aDeployment, aService } from "../../../support/builders.ts";
import { merged } from "../../../support/patch.ts";

const H2C = "projectcontour.io/upstream-protocol.h2c";
const HELD = "serin.dev/held";
const APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
type Annotations = Readonly<Record<string, string>>;

/** A whole manifest, as a server-side apply or a replace sends it. */
function manifest(annotations: Annotations): Service {
  const service = aService();
  return { ...service, metadata: { ...service.metadata, annotations: { ...annotations } } };
}
const isolated = (annotations: Annotations) =>
  merged(manifest(annotations), writeIsolation(manifest(annotations), "uid-web", "web1", AT_NOON));
/** What a client-side apply sends: the stored object with the changed fields and the manifest in an annotation. */
function applied(old: Service, annotations: Annotations, sent: Annotations): Service {
  const text = JSON.stringify({ metadata: { annotations } });
  const held = old.metadata.annotations?.[HELD] ?? "";
  return {
    ...old,
    metadata: { ...old.metadata, annotations: { ...sent, [APPLIED]: text, [HELD]: held } },
  };
}
const usersOf = ({ metadata: { annotations = {} } }: Service) => {
  const { [HELD]: _held, [APPLIED]: _applied, ...users } = annotations;
  return users;
};
const copyOf = (service: Service) =>
  canaryServiceOf(service, aDeployment(), "web2").metadata.annotations ?? {};

describe("an annotation that names the pods' protocol, changed in flight", () => {
  const grpc = isolated({ [H2C]: "grpc" });
  const plain = isolated({});
  const without = reisolate(manifest({}), grpc);
  const cases: [string, Service, Service, string | null | undefined][] = [
    ["a manifest without it", manifest({}), grpc, null],
    ["a manifest with another value", manifest({ [H2C]: "80" }), grpc, "80"],
    ["a manifest that adds it", manifest({ [H2C]: "80" }), plain, "80"],
    ["a client-side apply", applied(grpc, {}, {}), grpc, null],
    ["another apply of the same", applied(without, {}, { [H2C]: "grpc" }), without, null],
    [
      "an edit of a label",
      { ...without, metadata: { ...without.metadata, labels: { a: "b" } } },
      without,
      null,
    ],
    ["the old manifest, replaced", manifest({ [H2C]: "grpc" }), without, undefined],
    ["the old manifest, applied", applied(without, { [H2C]: "grpc" }, { [H2C]: "grpc" }), without, undefined],
  ];
  for (const [what, requested, old, wish] of cases) {
    it(`waits for the promotion after ${what}, also when asked again`, () => {
      const answer = reisolate(requested, old);
      expect(usersOf(answer)).to.deep.equal(usersOf(old));
      expect(serviceRecordOf(answer)?.annotations?.[H2C]).to.deep.equal(wish);
      expect(reisolate(answer, old)).to.deep.equal(answer);
    });
  }

  describe("keeps the number of its port", () => {
    const on = (port: number, annotations: Annotations): Service => ({
      ...manifest(annotations),
      spec: { ...aService().spec, ports: [{ name: "grpc", port, targetPort: 9090 }] },
    });
    const held = (annotations: Annotations) =>
      merged(on(9090, annotations), writeIsolation(on(9090, annotations), "uid-web", "web1", AT_NOON));
    const renumbered: [string, Annotations, Annotations, Annotations, string | null | undefined][] = [
      ["with the annotation", { [H2C]: "9090" }, { [H2C]: "9091" }, { [H2C]: "9091" }, undefined],
      ["among others", { [H2C]: "80, 9090" }, { [H2C]: "80, 9091" }, { [H2C]: "80, 9091" }, undefined],
      ["alone", { [H2C]: "9090" }, { [H2C]: "9090" }, { [H2C]: "9091" }, "9090"],
      ["and the annotation goes", { [H2C]: "9090" }, {}, { [H2C]: "9091" }, null],
      ["and the annotation comes", {}, { [H2C]: "9091" }, {}, "9091"],
      ["and it has a name", { [H2C]: "grpc" }, { [H2C]: "grpc" }, { [H2C]: "grpc" }, undefined],
    ];
    for (const [how, before, sent, stored, wish] of renumbered) {
      it(`which changes ${how}, also when asked again`, () => {
        const answer = reisolate(on(9091, sent), held(before));
        expect(answer.spec.ports?.[0]?.port).to.equal(9091);
        expect(usersOf(answer)).to.deep.equal(stored);
        expect(serviceRecordOf(answer)?.annotations?.[H2C]).to.deep.equal(wish);
        expect(reisolate(answer, held(before))).to.deep.equal(answer);
        expect(reisolate(answer, answer)).to.deep.equal(answer);
      });
    }
  });

  it("reaches the canary through its own Service at once", () => {
    expect(copyOf(grpc)).to.include({ [H2C]: "grpc" });
    expect(copyOf(without)).to.not.have.property(H2C);
    expect(copyOf(reisolate(manifest({ [H2C]: "80" }), plain))).to.include({ [H2C]: "80" });
  });

  it("comes into force together with the pods of the proven version, and never after an undo", () => {
    expect(changesWay(grpc)).to.equal(false);
    expect(changesWay(without)).to.equal(true);
    expect(usersOf(merged(without, writeTurn(without, "uid-web", "web2", AT_NOON)))).to.deep.equal({});
    expect(usersOf(merged(without, writeSelector(without)))).to.deep.equal({});
    expect(usersOf(merged(without, writeStableSelector(without)))).to.deep.equal({ [H2C]: "grpc" });
  });

  it("is told", () => {
    expect(protocolWarnings(without)).to.deep.equal([
      `Service web keeps annotation ${H2C} for the stable version until the promotion; the canary has none now`,
    ]);
    expect(protocolWarnings(reisolate(manifest({ [H2C]: "80" }), plain))).to.deep.equal([
      `Service web does not get annotation ${H2C} for the stable version until the promotion; the canary has "80" now`,
    ]);
  });

  it("is sent to Serin whenever it changes: the webhook's condition names the same beginnings", () => {
    const { webhooks } = parse(readFileSync("deploy/webhook.yaml", "utf8"), { merge: true }) as {
      webhooks: readonly { name: string; matchConditions: readonly { expression: string }[] }[];
    };
    const asked = webhooks.find(({ name }) => name === "service-in-flight.serin.dev")?.matchConditions ?? [];
    const [, list = "[]"] = /(\[[^\]]*\])\.exists\(beginning, /.exec(asked.at(-1)?.expression ?? "") ?? [];
    expect(JSON.parse(list)).to.deep.equal(protocolBeginnings);
  });

  it("leaves every other annotation alone", () => {
    expect(usersOf(reisolate(manifest({ "example.com/team": "b" }), grpc))).to.deep.equal({
      [H2C]: "grpc",
      "example.com/team": "b",
    });
  });
});
