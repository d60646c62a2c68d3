import { once } from "node:events";
import { createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { issueAuthority, issueLeaf, type KeyPair } from "../../../certs/issue.ts";
import { PLAIN } from "../../../certs/paths.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { ApiError } from "../../../kube/client/errors.ts";
import type { KubeObject } from "../../../kube/core/meta.ts";
import type { Effect } from "../../../rollout/admission/answer.ts";
import { Busy } from "../../../webhook/busy.ts";
import { performEffect } from "../../../webhook/effects.ts";
import { Lanes } from "../../../webhook/lanes.ts";
import { admissionApp } from "../../../webhook/server.ts";
import { AT_NOON, aDeployment, aRoute, aService } from "../../support/builders.ts";
import { hastyClock } from "../../support/clock.ts";
import { rememberingLog } from "../../support/log.ts";
import { aReview } from "../../support/review.ts";
import { applied } from "../../support/routes.ts";

const object = { kind: "Deployment", metadata: { name: "web" }, spec: { template: { spec: {} } } };
const review = JSON.stringify(aReview({ object, oldObject: object }));
const JSON_TYPE = { "content-type": "application/json" };

describe("webhook/server, over TLS", () => {
  let server: Server;
  let authority: KeyPair;
  let ready = true;
  let admit: () => Promise<{ allowed: true; object?: KubeObject }> = async () => ({ allowed: true });
  const token = "a".repeat(64);
  let accepts = async (given: string) => given === token;
  const log = rememberingLog();

  before(async () => {
    const life = { now: Date.now(), lifeMs: 3_600_000 };
    authority = await issueAuthority(life);
    const { cert, key } = await issueLeaf(authority, ["localhost"], life);
    const kinds = {
      deployments: { kinds: ["Deployment"], admit: () => admit() },
      plan: { kinds: ["Deployment"], isDispensable: true, admit: () => admit() },
    };
    server = createServer(
      { cert, key, minVersion: "TLSv1.2" },
      admissionApp({ kinds, accepts: (given) => accepts(given), ready: () => ready, log }),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });

  async function send(path: string, body?: string | Buffer, headers: Record<string, string> = JSON_TYPE) {
    const { port } = server.address() as AddressInfo;
    const asked = request({
      host: "127.0.0.1",
      port,
      path,
      method: body === undefined ? "GET" : "POST",
      headers,
      ca: authority.cert,
      servername: "localhost",
      agent: false,
    });
    // A server that has read enough may close before all is sent.
    asked.on("error", () => {});
    asked.end(body);
    const [response] = await once(asked, "response");
    let text = "";
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode as number, headers: response.headers, text };
  }
  const post = (body: string | Buffer, headers?: Record<string, string>) =>
    send(`/admit/${token}/deployments`, body, headers);

  const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024, " "));
  const refused: [string, string | Buffer, Record<string, string>, number][] = [
    ["what is not an AdmissionReview", '{"kind":"Pod"}', JSON_TYPE, 400],
    ["another kind of object", review.replaceAll("Deployment", "Pod"), JSON_TYPE, 400],
    ["what is not JSON", "{", JSON_TYPE, 400],
    ["nothing", "", JSON_TYPE, 400],
    ["JSON that is no object", '"x"', JSON_TYPE, 400],
    ["another content type", review, { "content-type": "text/plain" }, 400],
    ["10 MB", Buffer.alloc(10 * 1024 * 1024, " "), JSON_TYPE, 413],
    ["a gzip bomb", bomb, { ...JSON_TYPE, "content-encoding": "gzip" }, 413],
    ["an unknown encoding", review, { ...JSON_TYPE, "content-encoding": "zebra" }, 415],
    ["an unknown charset", review, { "content-type": "application/json; charset=zebra" }, 415],
    ["broken gzip", review, { ...JSON_TYPE, "content-encoding": "gzip" }, 400],
  ];
  for (const [what, body, headers, status] of refused) {
    it(`refuses ${what} with ${status} and continues to serve`, async () => {
      const response = await post(body, headers);
      expect(response.status).to.equal(status);
      expect(JSON.parse(response.text))
        .to.have.property("error")
        .that.is.a("string")
        .and.not.match(/\n {4}at |node_modules/);
      expect((await post(review)).status).to.equal(200);
    });
  }

  it("gives no answer in this case where the API server can do without one", async () => {
    admit = () => Promise.reject(new Busy(3));
    expect((await send(`/admit/${token}/plan?timeout=5s`, review)).status).to.equal(429);
    expect((await send(`/admit/${token}/deployments?timeout=20s`, review)).status).to.equal(200);
    admit = async () => ({ allowed: true });
  });

  const old = aDeployment({ image: "web:2", annotations: { "serin.dev/held": "{}" } });
  const abort = aDeployment({
    image: "web:2",
    annotations: { "serin.dev/held": "{}", "serin.dev/abort": "2" },
  });
  for (const [what, object] of Object.entries({ undo: aDeployment(), "order to abort": abort }))
    it(`tells a client whose own time runs out to come again with the ${what}`, async () => {
      admit = () => Promise.reject(new Busy(3));
      const asked = JSON.stringify(aReview({ object, oldObject: old }));
      const { status, text } = await send(`/admit/${token}/deployments?timeout=3s`, asked);
      admit = async () => ({ allowed: true });
      expect(status).to.equal(200);
      expect(JSON.parse(text).response.status).to.deep.include({
        code: 429,
        details: { retryAfterSeconds: 3 },
      });
    });

  it("tells a client to come again when there is too much other work", async () => {
    admit = () => Promise.reject(new Busy(3));
    const { response } = JSON.parse((await post(review)).text);
    expect(response).to.deep.include({ allowed: false });
    expect(response.status).to.deep.equal({
      code: 429,
      reason: "TooManyRequests",
      message: "serin works on too many other updates; try again",
      details: { retryAfterSeconds: 3 },
    });
    expect(log.lines.at(-1)).to.equal("warn: too many updates at once");
    admit = async () => ({ allowed: true });
  });

  it("gives no answer either where it cannot read the cluster, and the API server can do without one", async () => {
    for (const status of [403, 429, 500]) {
      admit = () => Promise.reject(new ApiError(status, "", "namespaces is forbidden"));
      const { status: answered } = await send(`/admit/${token}/plan?timeout=5s`, review);
      expect(answered, `${status}`).to.be.at.least(400);
      const { response } = JSON.parse((await send(`/admit/${token}/deployments?timeout=20s`, review)).text);
      expect(response).to.deep.include({ allowed: false });
      expect(response.status.message).to.contain("namespaces is forbidden; try again");
    }
    admit = async () => ({ allowed: true });
  });

  it("tells a client to come again when the API server asks Serin to do so, soon at the latest", async () => {
    const answer = async (retryAfterMs: number) => {
      admit = () =>
        Promise.reject(new ApiError(429, "TooManyRequests", "too many requests", { retryAfterMs }));
      const { response } = JSON.parse((await post(review)).text);
      return [response.allowed, response.status.code, response.status.details];
    };
    expect(await answer(1_200)).to.deep.equal([false, 429, { retryAfterSeconds: 2 }]);
    expect(await answer(600_000)).to.deep.equal([false, 429, { retryAfterSeconds: 10 }]);
    admit = async () => ({ allowed: true });
  });

  it("does so, too, when the API server asks at the write of an effect", async () => {
    const busy = new ApiError(429, "TooManyRequests", "too many requests", { retryAfterMs: 1_200 });
    const share = { namespace: "shop", canaryServices: { web: "web-canary" }, weight: 50, since: AT_NOON };
    const route = applied(aRoute({ kind: "HTTPRoute" }), { "uid-web": share });
    const refuse = () => Promise.reject(busy);
    const kube = { get: async () => route, mergePatch: refuse, jsonPatch: refuse } as unknown as Kube;
    const lanes = new Lanes(hastyClock);
    const needs = { kube, clock: hastyClock, lanes, pause: async () => {}, namespace: "shop" };
    const effects: Effect[] = [
      { kind: "drain", uid: "uid-web", undo: AT_NOON },
      { kind: "isolate", services: [aService()], uid: "uid-web", hash: "web1" },
    ];
    for (const effect of effects) {
      admit = async () => {
        await performEffect(effect, true, { ...needs, routes: [route] });
        return { allowed: true };
      };
      const { status } = JSON.parse((await post(review)).text).response;
      expect([status.code, status.details], effect.kind).to.deep.equal([429, { retryAfterSeconds: 2 }]);
      expect(status.message, effect.kind).to.match(/cannot change \S+\/web of shop: too many requests/);
    }
    admit = async () => ({ allowed: true });
  });

  it("answers a review", async () => {
    const { status, headers, text } = await post(review);
    expect(status).to.equal(200);
    expect(headers).not.to.have.property("x-powered-by");
    expect(JSON.parse(text)).to.deep.equal({
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      response: { uid: "u1", allowed: true },
    });
  });

  it("takes a gzipped review", async () => {
    expect((await post(gzipSync(review), { ...JSON_TYPE, "content-encoding": "gzip" })).status).to.equal(200);
  });

  it("is not polluted by keys that name prototypes", async () => {
    const hostile = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},';
    await post(review.replaceAll('{"name":"web"}', `${hostile}"name":"web"}`).replace("{", hostile));
    expect({}).not.to.have.property("polluted");
  });

  it("refuses the request, not the review, when the decision throws", async () => {
    admit = async () => {
      throw new Error("no API server");
    };
    const { status, text } = await post(review);
    admit = async () => ({ allowed: true });
    expect(status).to.equal(200);
    expect(JSON.parse(text).response).to.deep.include({ uid: "u1", allowed: false });
    expect(JSON.parse(text).response.status.message).to.include("no API server");
    expect(log.lines).to.include("error: admission failed");
  });

  it("refuses the request, too, when the answer cannot be written", async () => {
    const nested = (depth: number) => JSON.parse(`${"[".repeat(depth)}${"]".repeat(depth)}`);
    admit = async () => ({ allowed: true, object: { ...object, spec: nested(100_000) } });
    const deep = JSON.stringify(aReview({ object: { ...object, spec: {} }, oldObject: object }));
    const { status, text } = await post(
      deep.replace('"spec":{}', `"spec":{"0":${"[".repeat(9_999)}${"]".repeat(9_999)}}`),
    );
    admit = async () => ({ allowed: true });
    expect(status).to.equal(200);
    expect(JSON.parse(text).response).to.deep.include({ uid: "u1", allowed: false });
  });

  const strange: [string, string, string?][] = [
    ["the plain path", "/admit/deployments", review],
    ["another token", `/admit/${"b".repeat(64)}/deployments`, review],
    ["a token that is too short", "/admit/t/deployments", review],
    ["another plural", `/admit/${token}/pods`, review],
    ["the name of a prototype", `/admit/${token}/constructor`, review],
    ["another method", `/admit/${token}/deployments`],
    ["a path that is not valid", "/admit/%zz/deployments", review],
    ["10 MB that are not JSON", "/admit/deployments", "x".repeat(10 * 1024 * 1024)],
    ["the root", "/", "{"],
  ];
  for (const [what, path, body] of strange) {
    it(`answers 404 to ${what}, ends the connection, reads nothing and decides nothing`, async () => {
      const from = log.lines.length;
      admit = () => Promise.reject(new Error("asked"));
      const { status, headers } = await send(path, body);
      admit = async () => ({ allowed: true });
      expect([status, headers.connection]).to.deep.equal([404, "close"]);
      expect(log.lines.slice(from)).to.deep.equal(["debug: unknown path"]);
      expect((await post(review)).status).to.equal(200);
    });
  }

  it("accepts what may come from the API server, with its query", async () => {
    accepts = async (given) => given === PLAIN;
    expect((await send("/admit/deployments?timeout=20s", review)).status).to.equal(200);
    accepts = () => Promise.reject(new Error("no API server"));
    expect((await post(review)).status).to.equal(404);
    accepts = async (given) => given === token;
  });

  it("writes no token into the log", async () => {
    await post("{");
    expect(JSON.stringify(log.fields)).to.not.include(token);
  });

  it("says whether it lives and whether it is ready", async () => {
    expect((await send("/healthz")).status).to.equal(200);
    expect((await send("/readyz")).status).to.equal(200);
    ready = false;
    expect((await send("/readyz")).status).to.equal(503);
    ready = true;
  });
});
