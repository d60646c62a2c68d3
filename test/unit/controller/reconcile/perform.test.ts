import { expect } from "chai";
import { performAll, type SentEvents } from "../../../../controller/reconcile/perform.ts";
import { ApiError } from "../../../../kube/client/errors.ts";
import { Fenced } from "../../../../kube/client/fence.ts";
import type { Write } from "../../../../kube/core/writes.ts";
import { rollBack as decideRollBack } from "../../../../rollout/stages/rollback.ts";
import { mentionEvent, writeEvent } from "../../../../rollout/workload/writes.ts";
import { aDeployment, aRoute, NOON } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";
import { aRollout, carrying } from "../../../support/rollout.ts";

/** The writes of a rollback with two routes, of which the API server refuses those of some kinds. */
async function rollBack(refused: Readonly<Record<string, Error>>): Promise<readonly string[]> {
  const tried: string[] = [];
  const write = async ({ plural }: { plural: string }, { name }: { name: string }) => {
    tried.push(`${plural}/${name}`);
    const error = refused[plural] ?? refused[`${plural}/${name}`];
    if (error !== undefined) throw error;
    return { metadata: { name } };
  };
  const needs = {
    kube: { create: write, mergePatch: write, jsonPatch: write, strategicPatch: write },
    ...{ caches: { apply() {}, dropRoute() {} }, observer: { forget() {} } },
    ...{ clock: new FakeClock(NOON), log: noLog },
  };
  const routes = ["web", "other"].map((name) => carrying(aRoute({ meta: { name } }), 10, NOON));
  const { writes } = decideRollBack(aRollout({ routes }), "why");
  const { failure } = await performAll(
    writes.filter(({ verb }) => verb !== "event"),
    "uid-web",
    needs as never,
  );
  expect(failure?.error).to.equal(Object.values(refused)[0]);
  return tried;
}

describe("a rollback whose writes the API server refuses", () => {
  const forbidden = new ApiError(403, "Forbidden", "denied");
  const conflict = new ApiError(409, "Conflict", "the object has been modified");
  const record = "replicasets/web-web2";
  const routes = ["httproutes/web", "httproutes/other"];
  const told = ["deployments/web", "deployments/web"];

  it("takes the traffic although its record is refused", async () => {
    expect(await rollBack({ replicasets: forbidden })).to.deep.equal([record, ...routes, ...told]);
  });

  it("writes no failure while a route keeps its weight", async () => {
    const refused = { replicasets: forbidden, "httproutes/web": forbidden };
    expect(await rollBack(refused)).to.deep.equal([record, ...routes]);
  });

  it("is decided again if the record has changed meanwhile", async () => {
    expect(await rollBack({ replicasets: conflict })).to.deep.equal([record]);
  });
});

describe("controller/reconcile/perform", () => {
  let told: string[];
  let refusal: Error | undefined;
  let needs: Parameters<typeof performAll>[2];

  beforeEach(() => {
    [told, refusal] = [[], undefined];
    const create = async (_kind: unknown, _where: unknown, { message }: { message: string }) => {
      if (refusal !== undefined) throw refusal;
      told.push(message);
    };
    needs = { kube: { create }, caches: {}, observer: {}, clock: new FakeClock(NOON), log: noLog } as never;
  });

  it("records Events, but none that only hooks and the log hear of", async () => {
    const writes = [
      mentionEvent(aDeployment(), "Normal", "CanaryStep", "brief"),
      writeEvent(aDeployment(), "Normal", "Promoted", "why"),
    ];
    const performed = await performAll(writes, "uid-web", needs);
    expect(performed).to.deep.equal({ failure: undefined, told: writes });
    expect(told).to.deep.equal(["why"]);
  });

  it("records each of several Events with one reason, once for all tries, whatever their numbers", async () => {
    const superseded = (...seconds: number[]) =>
      seconds.map((s) => writeEvent(aDeployment(), "Normal", "Superseded", `after ${s}s`));
    const sent: SentEvents = new Map();
    await performAll(superseded(1, 2), "uid-web", needs, sent);
    await performAll(superseded(3, 4), "uid-web", needs, sent);
    expect(told).to.deep.equal(["after 1s", "after 2s"]);
  });

  it("lets others hear of a refused Event once, and of one that it did not send when it does", async () => {
    const [write, sent]: [Write, SentEvents] = [
      writeEvent(aDeployment(), "Normal", "Undone", "why"),
      new Map(),
    ];
    const heard = async (error?: Error) => {
      refusal = error;
      return (await performAll([write], "uid-web", needs, sent)).told.length;
    };
    const tries = [await heard(new Fenced()), await heard(new ApiError(403, "Forbidden", "")), await heard()];
    expect([tries, told]).to.deep.equal([[0, 1, 0], ["why"]]);
  });
});
