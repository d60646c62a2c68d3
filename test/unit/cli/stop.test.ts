import { expect } from "chai";
import { stopSerin } from "../../../cli/stop.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { systemClock } from "../../../kube/core/clock.ts";

describe("the clean-up command, before it restores", () => {
  const stop = async (controller: string | undefined, replicas: number[], patienceMs = 5_000) => {
    const calls: string[] = [];
    const said: string[] = [];
    const found = () => ({
      metadata: { generation: 1 },
      status: { observedGeneration: 1, replicas: replicas.shift() },
    });
    const kube = {
      delete: async (_: object, { name }: { name: string }) => void calls.push(`delete ${name}`),
      mergePatch: async (_: object, { name }: { name: string }, patch: object) => {
        calls.push(`patch ${name} ${JSON.stringify(patch)}`);
        return found();
      },
      get: async () => found(),
    } as unknown as Kube;
    const say = (sentence: string) => void said.push(sentence);
    await stopSerin({ kube, clock: systemClock, say, patienceMs, configuration: "serin", controller });
    return { calls, said };
  };

  it("deletes the configuration, and waits until the controller has no pod", async () => {
    const { calls, said } = await stop("ops/serin-controller", [2, 1, 0]);
    expect(calls).to.deep.equal(["delete serin", 'patch serin-controller {"spec":{"replicas":0}}']);
    expect(said).to.deep.equal([
      "MutatingWebhookConfiguration serin is deleted",
      "Deployment ops/serin-controller has no pod",
    ]);
  });

  it("names a controller whose pods do not end", async () => {
    const failed = await stop("ops/serin-controller", [1, 1, 1, 1], 0).catch(String);
    expect(failed).to.include("Deployment ops/serin-controller: its pods have not ended after 0s");
  });

  it("refuses a name that is not valid before it deletes anything", async () => {
    const failed = await stop("serin-controller", []).catch(String);
    expect(failed).to.include('--controller: invalid value "serin-controller": use namespace/name');
  });
});
