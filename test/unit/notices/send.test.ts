import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { expect } from "chai";
import { noticeDispatcher, type Receipt, send } from "../../../notices/send.ts";
import type { OutgoingRequest } from "../../../rollout/notice/channel.ts";
import { FakeClock } from "../../support/clock.ts";

describe("notices/send", () => {
  const stop: (() => void)[] = [];
  afterEach(() => {
    for (const end of stop.splice(0)) end();
  });

  async function serve(answer: RequestListener): Promise<string> {
    const server = createServer(answer).listen(0, "127.0.0.1");
    stop.push(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise((resolve) => server.once("listening", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const post = (
    url: string,
    more: Pick<OutgoingRequest, "sign" | "refusalIn" | "proxy"> = {},
    timeoutMs = 5_000,
  ): Promise<Receipt> =>
    send(
      { url, headers: { "content-type": "application/json" }, body: '{"a":1}', ...more },
      {
        clock: new FakeClock(),
        signal: new AbortController().signal,
        dispatcher: noticeDispatcher(),
        timeoutMs,
      },
    );

  const answers: readonly (readonly [string, number, Record<string, string>, Receipt])[] = [
    ["takes 200", 200, {}, { kind: "taken" }],
    ["takes 202", 202, {}, { kind: "taken" }],
    ["takes 204", 204, {}, { kind: "taken" }],
    ["is refused by 400", 400, {}, { kind: "refused", reason: "it answered 400: no" }],
    [
      "is refused by a redirect, which it does not follow",
      302,
      { location: "http://127.0.0.1:1/" },
      { kind: "refused", reason: "it answered 302: no" },
    ],
    ["may come again after 500", 500, {}, { kind: "busy", reason: "it answered 500: no" }],
    [
      "may come again after 429, in 7 s",
      429,
      { "retry-after": "7" },
      { kind: "busy", reason: "it answered 429: no", retryAfterMs: 7_000 },
    ],
    [
      "may come again after 503, at a time of the receiver's clock",
      503,
      { "retry-after": "Thu, 01 Jan 2026 00:05:30 GMT", date: "Thu, 01 Jan 2026 00:05:00 GMT" },
      { kind: "busy", reason: "it answered 503: no", retryAfterMs: 30_000 },
    ],
    [
      "ignores a Retry-After that is neither",
      429,
      { "retry-after": "soon" },
      { kind: "busy", reason: "it answered 429: no" },
    ],
  ];
  for (const [what, status, headers, receipt] of answers)
    it(what, async () => {
      const url = await serve((_, response) =>
        response.writeHead(status, headers).end(status === 204 ? undefined : "no\n"),
      );
      expect(await post(url)).to.deep.equal(receipt);
    });

  it("lets the channel read a refusal in an answer of success, also in a long one", async () => {
    const long = `{"ok":true,"message":"${"x".repeat(20_000)}"}`;
    const url = await serve((request, response) => response.end(request.url === "/long" ? long : "no\n"));
    const asked = (path: string, isPassing: boolean) =>
      post(new URL(path, url).href, {
        refusalIn: (answer) => (answer === long ? undefined : { reason: `it said ${answer}`, isPassing }),
      });
    expect(await asked("/long", true)).to.deep.equal({ kind: "taken" });
    expect(await asked("/", true)).to.deep.equal({ kind: "busy", reason: "it said no" });
    expect(await asked("/", false)).to.deep.equal({ kind: "refused", reason: "it said no" });
  });

  it("waits no longer than its time, also in the middle of an answer", async () => {
    const silent = await serve(() => {});
    expect(await post(silent, {}, 100)).to.deep.equal({
      kind: "busy",
      reason: "no answer within 0.1s",
    });
    const slow = await serve((_, response) => response.writeHead(500).write("a"));
    expect(await post(slow, {}, 100)).to.deep.equal({ kind: "busy", reason: "no answer within 0.1s" });
  });

  it("may come again to one that is dead, and does not tell the path of its address", async () => {
    const receipt = await post("http://127.0.0.1:9/secret-path");
    expect(receipt.kind).to.equal("busy");
    expect(JSON.stringify(receipt)).to.not.include("secret-path");
  });

  it("reads only the begin of an answer", async () => {
    const url = await serve((_, response) => {
      response.writeHead(400);
      response.end("x".repeat(10_000_000));
    });
    const receipt = await post(url);
    expect(receipt.kind === "refused" && receipt.reason).to.have.length.within(200, 250);
  });

  it("goes through a proxy, with its credentials, to a host that only the proxy knows", async () => {
    const seen: string[] = [];
    const credentials: (string | undefined)[] = [];
    const proxy = createServer((request, response) => {
      credentials.push(request.headers["proxy-authorization"]);
      seen.push(`${request.method} ${request.headers.host}`);
      response.end();
    });
    proxy.on("connect", (request, socket: Socket) => {
      seen.push(`CONNECT ${request.url}`);
      credentials.push(request.headers["proxy-authorization"]);
      socket.write("HTTP/1.1 200 Connected\r\n\r\n");
      proxy.emit("connection", socket);
    });
    proxy.listen(0, "127.0.0.1");
    stop.push(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    await new Promise((resolve) => proxy.once("listening", resolve));
    const address = `http://serin:a%40b@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    expect(await post("http://chat.invalid/hook", { proxy: address })).to.deep.equal({ kind: "taken" });
    expect(seen.at(-1)).to.equal("POST chat.invalid");
    expect(credentials).to.include(`Basic ${Buffer.from("serin:a@b").toString("base64")}`);
    expect((await post("http://chat.invalid/hook")).kind).to.equal("busy");
  });

  it("signs as Standard Webhooks do", async () => {
    let seen: IncomingMessage["headers"] = {};
    const url = await serve((request, response) => {
      seen = request.headers;
      response.end();
    });
    await post(url, { sign: { id: "i", secret: "s" } });
    const at = String(Date.UTC(2026, 0, 1) / 1_000);
    const digest = createHmac("sha256", "s").update(`i.${at}.{"a":1}`).digest("base64");
    expect(seen).to.include({
      "webhook-id": "i",
      "webhook-timestamp": at,
      "webhook-signature": `v1,${digest}`,
    });
  });
});
