import { expect } from "chai";
import { NotRead } from "../../../../controller/reconcile/brief-wait.ts";
import type { ReconcilerOptions } from "../../../../controller/reconcile/perform.ts";
import { ReadFailures } from "../../../../controller/reconcile/read-failures.ts";
import type { Where } from "../../../../kube/client/api.ts";
import { ApiError, ConnectionError } from "../../../../kube/client/errors.ts";
import type { Resource } from "../../../../kube/core/resources.ts";
import type { Deployment } from "../../../../kube/core/workloads.ts";
import { HELD } from "../../../../rollout/keys.ts";
import { aDeployment, aHeld, NOON } from "../../../support/builders.ts";
import { FakeClock } from "../../../support/clock.ts";
import { noLog } from "../../../support/log.ts";

const refused = new ApiError(500, "InternalError", "conversion webhook for HTTPRoute failed: no endpoints");
const away = new ConnectionError("no answer from the API server");

describe("controller/reconcile, when reads fail", () => {
  let clock: FakeClock;
  let deployment: Deployment;
  let told: { readonly reason: string; readonly message: string }[];
  let failures: ReadFailures;

  const inFlight = (more: object = {}) =>
    aDeployment({ annotations: { [HELD]: JSON.stringify(aHeld(more)) } });

  beforeEach(() => {
    clock = new FakeClock(NOON);
    [deployment, told] = [inFlight(), []];
    const strategicPatch = async (_: Resource, __: Where, { status }: Deployment) => {
      deployment = { ...deployment, ...(status && { status }) };
      told.push(status?.conditions?.[0] as (typeof told)[number]);
      return deployment;
    };
    const options = {
      kube: { strategicPatch },
      caches: { deployment: () => deployment, apply: () => {} },
      observer: { forget: () => {} },
      clock,
      log: noLog,
    };
    failures = new ReadFailures(options as unknown as ReconcilerOptions);
  });

  /** Fails every second for so long (s); returns the errors' messages. */
  const failFor = async (seconds: number, error: Error | ((second: number) => Error)) => {
    const thrown = new Set<string>();
    for (let i = 0; i < seconds; i += 1) {
      const one = typeof error === "function" ? error(i) : error;
      await failures
        .telling("uid-web", () => Promise.reject(one))
        .catch(({ message }) => thrown.add(message));
      await clock.advance(1_000);
    }
    return [...thrown];
  };

  it("tells a refusal that lasts once, in the API server's words, and throws it each time", async () => {
    expect(await failFor(60, refused)).to.deep.equal([refused.message]);
    expect(told.map(({ reason, message }) => [reason, message])).to.deep.equal([
      [
        "Holding",
        "Serin cannot read what the rollout needs: conversion webhook for HTTPRoute failed: no endpoints; " +
          "until it can, the canary gets no more weight",
      ],
    ]);
  });

  it("tells that a copy does not become complete, as when the API server refuses its watch", async () => {
    await failFor(60, new NotRead("the Services of namespace shop are not read yet"));
    expect(told.map(({ message }) => message)).to.deep.equal([
      "Serin cannot read what the rollout needs: the Services of namespace shop are not read yet; " +
        "until it can, the canary gets no more weight",
    ]);
  });

  for (const [what, words] of Object.entries({
    "whose words have another port each time": (i: number) => `read tcp 10.0.0.1:${48_000 + i}->10.0.0.2:443`,
    "of another read each time": (i: number) => (i % 2 === 0 ? "no endpoints" : "no such host"),
  }))
    it(`tells a refusal ${what} again after 30 s at the earliest`, async () => {
      await failFor(65, (i) => new ApiError(500, "InternalError", words(i)));
      expect(told).to.have.length(2);
    });

  it("tells nothing of one that passes, however often", async () => {
    for (let i = 0; i < 10; i += 1) {
      await failFor(4, refused);
      expect(await failures.telling("uid-web", async () => "read")).to.equal("read");
    }
    expect(told).to.deep.equal([]);
  });

  it("tells nothing while there is no answer at all, because no write would pass either", async () => {
    await failFor(60, away);
    expect(told).to.deep.equal([]);
  });

  it("leaves the verdict where there is one", async () => {
    deployment = inFlight({ phase: "failed" });
    await failFor(60, refused);
    expect(told).to.deep.equal([]);
  });
});
