import { expect } from "chai";
import { CallLimits } from "../../../../controller/hooks/limits.ts";

describe("limits of calls", () => {
  /** Works that run until they are let go, by name: `namespace/deployment`. */
  function scene(limits = { all: 4, namespace: 3, deployment: 2 }) {
    const limited = new CallLimits(limits);
    const running = new Map<string, () => void>();
    const start = (name: string, deployment = name.replace(/\d+$/, "")) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const [namespace = ""] = deployment.split("/");
      const ended = limited.run({ uid: deployment, namespace }, () => {
        running.set(name, resolve);
        return promise;
      });
      return ended.finally(() => running.delete(name));
    };
    return { start, running, present: () => [...running.keys()] };
  }
  const turn = () => new Promise(setImmediate);

  it("keep one Deployment and one namespace from taking all places, and let Deployments take turns", async () => {
    const { start, running, present } = scene();
    for (const name of ["a/x1", "a/x2", "a/x3", "a/y1", "a/y2", "b/z1", "b/z2"]) void start(name);
    await turn();
    expect(present()).to.deep.equal(["a/x1", "a/x2", "a/y1", "b/z1"]);
    running.get("b/z1")?.();
    await turn();
    expect(present()).to.deep.equal(["a/x1", "a/x2", "a/y1", "b/z2"]);
    running.get("a/x1")?.();
    await turn();
    // The Deployment that has fewer calls under way is next, though a/x3 came first.
    expect(present()).to.deep.equal(["a/x2", "a/y1", "b/z2", "a/y2"]);
  });

  it("leave a place free after work that threw", async () => {
    const limited = new CallLimits({ all: 1, namespace: 1, deployment: 1 });
    const claim = { uid: "a", namespace: "a" };
    const failed = limited
      .run(claim, () => Promise.reject(new Error("no")))
      .catch((error: Error) => error.message);
    expect(await failed).to.equal("no");
    expect(await limited.run(claim, async () => "yes")).to.equal("yes");
  });
});
