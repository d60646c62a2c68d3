import { expect } from "chai";
import type { Reply } from "../../../conformance/client.ts";
import { type Exchange, steadyLoad } from "../../../conformance/steady-load.ts";
import { FakeClock } from "../../support/clock.ts";

const reply: Reply = { status: 200, version: "v1", cookies: [], text: "" };

describe("the load of a gateway's check", () => {
  it("begins as many requests a second as it promises, however long the answers take", async () => {
    const clock = new FakeClock();
    const exchanges: Exchange[] = [];
    const ended = new AbortController();
    const answers: ((reply: Reply) => void)[] = [];
    const send = () => new Promise<Reply>((resolve) => answers.push(resolve));
    const from = clock.now();
    const load = steadyLoad({ clock, rps: 200, send }, exchanges, ended.signal);
    await clock.advance(2_000);
    expect([answers.length, exchanges.length]).to.deep.equal([400, 0]);
    ended.abort();
    for (const answer of answers) answer(reply);
    await load;
    expect(exchanges).to.have.length(400);
    expect(exchanges.every(({ at }) => at >= from && at <= from + 2_000)).to.equal(true);
  });

  it("takes a request without an answer for lost, and goes on", async () => {
    const clock = new FakeClock();
    const exchanges: Exchange[] = [];
    const ended = new AbortController();
    let asked = 0;
    const send = async () => {
      asked += 1;
      if (asked % 2 === 0) throw new Error("reset");
      return reply;
    };
    const load = steadyLoad({ clock, rps: 100, send }, exchanges, ended.signal);
    await clock.advance(1_000);
    ended.abort();
    await load;
    expect(exchanges.filter(({ status, version }) => status === 0 && version === "")).to.have.length(50);
    expect(exchanges.filter(({ version }) => version === "v1")).to.have.length(50);
  });
});
