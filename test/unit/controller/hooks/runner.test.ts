import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { HookRunner } from "../../../../controller/hooks/runner.ts";
import { type Clock, systemClock } from "../../../../kube/core/clock.ts";
import type { HookAnswer, HookCall } from "../../../../rollout/hooks/call.ts";
import { hookHostsOf } from "../../../../rollout/hooks/hosts.ts";
import type { Hook } from "../../../../rollout/plan/hooks.ts";
import { hastyClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";
import { rememberingLog } from "../../../support/log.ts";

describe("the hook runner", () => {
  const stop: (() => void)[] = [];
  afterEach(() => {
    for (const end of stop.splice(0)) end();
  });

  async function serve(answer: RequestListener): Promise<string> {
    const server: Server = createServer(answer).listen(0, "127.0.0.1");
    stop.push(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise((resolve) => server.once("listening", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function runnerOf({ allowed = ["127.0.0.1"], clock = systemClock as Clock } = {}) {
    const abort = new AbortController();
    stop.push(() => abort.abort());
    const log = rememberingLog();
    const answered: string[] = [];
    const looks: (() => void)[] = [];
    const runner = new HookRunner({
      allowed: hookHostsOf(allowed),
      clock,
      log,
      signal: abort.signal,
      onAnswer: (uid) => {
        answered.push(uid);
        for (const look of looks.splice(0)) look();
      },
    });
    /** Resolves with the answer to a call, once it is there. */
    const answerTo = async (call: HookCall): Promise<HookAnswer> => {
      runner.make([call]);
      for (;;) {
        const answer = runner.answers(call.uid, call.rollout).get(call.key);
        if (answer !== undefined) return answer;
        await new Promise<void>((resolve) => looks.push(resolve));
      }
    };
    return { runner, log, answered, answerTo };
  }

  function callTo(url: string, hook: Partial<Hook> = {}, call: Partial<HookCall> = {}): HookCall {
    const whole: Hook = {
      type: "pre-rollout",
      name: "smoke",
      url,
      timeoutMs: 5_000,
      retries: 0,
      metadata: {},
      disableTLS: false,
      ...hook,
    };
    const payload = {
      name: "web",
      namespace: "shop",
      phase: "Progressing",
      checksum: "abc",
      metadata: { a: "b" },
    } as const;
    return {
      uid: "uid-web",
      namespace: "shop",
      rollout: "r1",
      key: whole.name,
      hook: whole,
      payload,
      ...call,
    };
  }

  it("posts Flagger's JSON and keeps the answer", async () => {
    const bodies: unknown[] = [];
    const url = await serve((request, response) => {
      let text = "";
      request.on("data", (chunk) => (text += chunk));
      request.on("end", () => {
        bodies.push([request.method, request.headers["content-type"], JSON.parse(text)]);
        response.writeHead(202).end("fine");
      });
    });
    const { answerTo, answered } = runnerOf();
    expect(await answerTo(callTo(url))).to.include({ kind: "yes", status: 202, body: "fine" });
    const body = {
      name: "web",
      namespace: "shop",
      phase: "Progressing",
      checksum: "abc",
      metadata: { a: "b" },
    };
    expect(bodies).to.deep.equal([["POST", "application/json", body]]);
    expect(answered).to.deep.equal(["uid-web"]);
  });

  it("logs an answer with the Deployment's namespace and name", async () => {
    const url = await serve((_request, response) => void response.writeHead(503).end());
    const { runner, log, answerTo } = runnerOf();
    await answerTo(callTo(url));
    runner.announce([callTo(url, { type: "event" })]);
    await eventually("both lines", () => log.lines.length === 2);
    expect(log.lines).to.deep.equal(["debug: hook answered", "warn: hook refused event"]);
    const deployment = { namespace: "shop", name: "web", uid: "uid-web", hook: "smoke" };
    expect(log.fields[0]).to.deep.equal({ ...deployment, kind: "no" });
    expect(log.fields[1]).to.deep.include(deployment);
  });

  for (const [status, kind] of [
    [200, "yes"],
    [201, "yes"],
    [202, "yes"],
    [204, "no"],
    [404, "no"],
    [500, "no"],
  ] as const) {
    it(`takes ${status} for ${kind}, as Flagger does`, async () => {
      const url = await serve((_request, response) => void response.writeHead(status).end());
      expect(await runnerOf().answerTo(callTo(url))).to.include({ kind, status });
    });
  }

  it("follows no redirect", async () => {
    let elsewhere = 0;
    const target = await serve((_request, response) => {
      elsewhere += 1;
      response.end();
    });
    const url = await serve((_request, response) => void response.writeHead(307, { location: target }).end());
    expect(await runnerOf().answerTo(callTo(url))).to.include({ kind: "no", status: 307 });
    expect(elsewhere).to.equal(0);
  });

  it("reads no more than 4 KiB of an answer that never ends", async () => {
    let isOpen = true;
    const url = await serve((_request, response) => {
      const chunk = "x".repeat(65_536);
      response.once("close", () => {
        isOpen = false;
      });
      const more = () => {
        while (!response.destroyed && response.write(chunk));
        response.once("drain", more);
      };
      more();
    });
    const answer = await runnerOf().answerTo(callTo(url));
    expect(answer).to.deep.include({ kind: "yes", body: "x".repeat(4_096) });
    await eventually("the connection closed", () => !isOpen);
  });

  it("gives up on a server that hangs, before its answer or in the middle", async () => {
    const silent = await serve(() => {});
    const stuck = await serve((_request, response) => void response.writeHead(200).write("and"));
    const { answerTo } = runnerOf();
    const answers = await Promise.all([
      answerTo(callTo(silent, { timeoutMs: 100, name: "silent" })),
      answerTo(callTo(stuck, { timeoutMs: 100, name: "stuck" })),
    ]);
    for (const answer of answers)
      expect(answer).to.include({ kind: "none", reason: "no answer within 0.1s" });
  });

  it("reports that no server listens", async () => {
    const answer = await runnerOf().answerTo(callTo("http://127.0.0.1:1/"));
    expect(answer).to.include({ kind: "none" });
    expect(answer.kind === "none" && answer.reason).to.match(/^no answer: .*ECONNREFUSED/);
  });

  it("calls no host that is not allowed, and names the flag", async () => {
    let called = 0;
    const url = await serve((_request, response) => {
      called += 1;
      response.end();
    });
    const answer = await runnerOf({ allowed: ["tester.test"] }).answerTo(callTo(url));
    expect(answer.kind === "none" && answer.reason).to.match(/allows \(--hook-host\): tester\.test/);
    expect(called).to.equal(0);
  });

  it("tries again as often as the hook says, after 429 and 5xx only", async () => {
    const statuses = [503, 429, 200];
    let calls = 0;
    const url = await serve((_request, response) => {
      response.writeHead(statuses[calls] ?? 200).end();
      calls += 1;
    });
    const { answerTo } = runnerOf({ clock: hastyClock });
    expect(await answerTo(callTo(url, { retries: 3 }))).to.include({ kind: "yes" });
    expect(calls).to.equal(3);
    statuses.splice(0, 3, 500, 500, 500, 500);
    calls = 0;
    expect(await answerTo(callTo(url, { retries: 2, name: "b" }))).to.include({ kind: "no", status: 500 });
    expect(calls).to.equal(3);
    statuses.splice(0, 4, 404);
    calls = 0;
    expect(await answerTo(callTo(url, { retries: 2, name: "c" }))).to.include({ kind: "no", status: 404 });
    expect(calls).to.equal(1);
  });

  it("makes a call once, until a decision on its answer asks again", async () => {
    let calls = 0;
    const url = await serve((_request, response) => {
      calls += 1;
      setTimeout(() => response.end(), 20);
    });
    const { runner, answerTo } = runnerOf();
    const call = callTo(url);
    runner.make([call, call]);
    const { at } = await answerTo(call);
    runner.make([call]);
    await sleep(50);
    expect(calls).to.equal(1);
    runner.make([{ ...call, knownAt: at }]);
    await eventually("the next call", () => calls === 2);
  });

  it("knows nothing of an earlier rollout, and of none that is over", async () => {
    const url = await serve((_request, response) => void response.end());
    const { runner, answerTo } = runnerOf();
    await answerTo(callTo(url));
    expect(runner.answers("uid-web", "r1").size).to.equal(1);
    expect(runner.answers("uid-web", "r2").size).to.equal(0);
    await answerTo(callTo(url, {}, { rollout: "r2" }));
    expect(runner.answers("uid-web", "r1").size).to.equal(0);
    runner.forget("uid-web");
    expect(runner.answers("uid-web", "r2").size).to.equal(0);
  });

  it("does not let a slow server of one Deployment keep others waiting", async () => {
    const slow = await serve(() => {});
    const quick = await serve((_request, response) => void response.end());
    const { runner, answerTo } = runnerOf();
    const calls = Array.from({ length: 100 }, (_, i) =>
      callTo(slow, { name: `slow ${i}`, timeoutMs: 60_000 }),
    );
    runner.make(calls);
    await answerTo(callTo(quick, {}, { uid: "uid-api", namespace: "other" }));
    expect(runner.answers("uid-web", "r1").size, "slow calls that have ended").to.equal(0);
  });

  it("sends events in their order, and of too many the newest", async () => {
    const told: string[] = [];
    const gate = Promise.withResolvers<void>();
    const url = await serve(async (request, response) => {
      let text = "";
      for await (const chunk of request) text += chunk;
      told.push(JSON.parse(text).metadata.eventMessage);
      await gate.promise;
      response.end();
    });
    const { runner, log } = runnerOf();
    const events = Array.from({ length: 60 }, (_, i) => {
      const { payload, ...call } = callTo(url, { type: "event" });
      return { ...call, payload: { ...payload, metadata: { eventMessage: `${i}` } } };
    });
    runner.announce(events);
    runner.forget("uid-web");
    gate.resolve();
    await eventually("the newest event", () => told.at(-1) === "59");
    const newest = Array.from({ length: 50 }, (_, i) => `${i + 10}`);
    expect(told).to.deep.equal(["0", ...newest]);
    await eventually("the warning", () => log.lines.length > 0);
    expect(log.lines).to.deep.equal(["warn: hook events dropped"]);
    expect(log.fields).to.deep.equal([{ namespace: "shop", name: "web", uid: "uid-web", dropped: 9 }]);
  });
});
