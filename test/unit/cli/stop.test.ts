import { expect } from "chai";
import { stopSerin } from "../../../cli/stop.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { systemClock } from "../../../kube/core/clock.ts";

interface Given {
  readonly patienceMs?: number;
  /** The controller's. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly managed?: boolean;
  readonly configuration?: string | undefined;
  /** How much (ms) the first answer corrects the clock, which is the machine's before. */
  readonly firstMs?: number;
}

describe("the clean-up command, before it restores", () => {
  const stop = async (
    controller: string | undefined,
    replicas: number[],
    { patienceMs = 5_000, annotations, managed = false, firstMs = 0, ...given }: Given = {},
  ) => {
    const calls: string[] = [];
    const said: string[] = [];
    let aheadMs = 0;
    const found = () => ({
      metadata: { generation: 1, ...(annotations && { annotations }) },
      status: { observedGeneration: 1, replicas: replicas.shift() },
    });
    const kube = {
      delete: async (_: object, { name }: { name: string }) => void calls.push(`delete ${name}`),
      mergePatch: async (_: object, { name }: { name: string }, patch: object) => {
        calls.push(`patch ${name} ${JSON.stringify(patch)}`);
        await Promise.resolve();
        aheadMs = firstMs;
        return found();
      },
      get: async () => found(),
    } as unknown as Kube;
    const say = (sentence: string) => void said.push(sentence);
    const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
    const common = { kube, clock, say, patienceMs, managed, configuration: "serin", ...given };
    const failed = await stopSerin({ ...common, controller }).catch(String);
    return { calls, said, failed };
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
    const { failed } = await stop("ops/serin-controller", [1, 1, 1, 1], { patienceMs: 0 });
    expect(failed).to.include("Deployment ops/serin-controller: its pods have not ended after 0s");
  });

  it("waits as long as it should where its first answer corrects the clock", async () => {
    const given = { configuration: undefined, firstMs: 300_000 };
    expect((await stop("ops/serin-controller", [1, 0], given)).failed).to.equal(undefined);
  });

  it("refuses a name that is not valid before it deletes anything", async () => {
    const { failed, calls } = await stop("serin-controller", []);
    expect(failed).to.include('--controller: invalid value "serin-controller": use namespace/name');
    expect(calls).to.deep.equal([]);
  });

  it("stops nothing that was rendered from the chart and applied, if it is the chart's Job", async () => {
    const annotations = { "kubectl.kubernetes.io/last-applied-configuration": "{}" };
    const { calls, failed } = await stop("ops/serin-controller", [2], { managed: true, annotations });
    expect(calls).to.deep.equal([]);
    expect(failed).to.include("neither helm nor Argo CD manages Deployment ops/serin-controller");
  });

  for (const key of ["meta.helm.sh/release-name", "argocd.argoproj.io/tracking-id"])
    it(`stops as that Job what carries ${key}`, async () => {
      const { said } = await stop("ops/serin-controller", [0], {
        managed: true,
        annotations: { [key]: "serin" },
      });
      expect(said).to.have.length(2);
    });
});
