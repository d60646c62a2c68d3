import { expect } from "chai";
import { Lanes } from "../../../webhook/lanes.ts";

describe("webhook/lanes", () => {
  it("does the work of another namespace first, however much of one waits", async () => {
    const lanes = new Lanes();
    const done: string[] = [];
    const work = (name: string) => async () => {
      await new Promise((resolve) => setImmediate(resolve));
      done.push(name);
    };
    const many = Array.from({ length: 50 }, () => lanes.run("evil", work("evil")));
    await Promise.all(["shop", "edge"].map((name) => lanes.run(name, work(name))));
    expect(done.length).to.be.at.most(6);
    await Promise.all(many);
    expect(done).to.have.length(52);
  });

  it("never does more at once than there is memory for, nor more of one namespace", async () => {
    const lanes = new Lanes();
    const running: string[] = [];
    const work = (name: string) => async () => {
      running.push(name);
      expect(running.length).to.be.at.most(4);
      expect(running.filter((one) => one === name).length).to.be.at.most(2);
      await new Promise((resolve) => setImmediate(resolve));
      running.splice(running.indexOf(name), 1);
    };
    const names = Array.from({ length: 60 }, (_, i) => `shop-${i % 6}`);
    await Promise.all(names.map((name) => lanes.run(name, work(name))));
    expect(running).to.deep.equal([]);
  });

  it("returns the result, and passes an error on without holding up the next", async () => {
    const lanes = new Lanes();
    const failed = Array.from({ length: 5 }, () => lanes.run("shop", () => Promise.reject(new Error("no"))));
    const results = await Promise.allSettled(failed);
    expect(results.every(({ status }) => status === "rejected")).to.equal(true);
    expect(await lanes.run("shop", async () => 7)).to.equal(7);
  });
});
