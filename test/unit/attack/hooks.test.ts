import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { hookDispatchers, post } from "../../../controller/hooks/post.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import type { HookPayload } from "../../../rollout/hooks/call.ts";
import { forbidden, hookHostsOf } from "../../../rollout/hooks/hosts.ts";
import { type Hook, parseHooks } from "../../../rollout/plan/hooks.ts";

const allowed = hookHostsOf(["tester.test", "*.tools.test:8080"]);

function hookOf(url: string): Hook | undefined {
  const parsed = parseHooks(JSON.stringify([{ name: "a", type: "event", url }]));
  return "value" in parsed ? parsed.value[0] : undefined;
}

describe("a hook's url", () => {
  const reached = [
    "http://tester.test/",
    "https://tester.test:9/x",
    "http://TESTER.test/",
    "http://ab.tools.test:8080/",
  ];
  for (const url of reached) {
    it(`reaches ${url}`, () => expect(forbidden(hookOf(url) as Hook, allowed)).to.equal(undefined));
  }

  const refused = [
    ...[
      "http://evil-tester.test/",
      "http://tester.test.evil/",
      "http://tester.test./",
      "http://xtester.test/",
    ],
    ...[
      "http://tester.test@evil/",
      "http://tester.test:80@evil/",
      "http://evil/#@tester.test",
      "http://evil\\@tester.test/",
    ],
    ...[
      "http://evil?tester.test",
      "http://[::1]/",
      "http://[::ffff:169.254.169.254]/",
      "http://169.254.169.254/",
    ],
    ...["http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0/"],
    ...[
      "http://tools.test:8080/",
      "http://ab.tools.test/",
      "http://ab.tools.test:443/",
      "http://eviltools.test:8080/",
    ],
    ...[
      "http://tester.test%2eevil/",
      "http://tester。test.evil/",
      "http://ｅvil/",
      "http://tester.test\r\nhost: evil/",
    ],
    ...[
      "file:///etc/passwd",
      "gopher://tester.test/",
      "ftp://tester.test/",
      "data:,x",
      "javascript:0",
      "//tester.test/",
    ],
  ];
  for (const url of refused) {
    it(`does not reach ${JSON.stringify(url)}`, () => {
      const hook = hookOf(url);
      // No hook at all, or one that is not called.
      if (hook !== undefined) expect(forbidden(hook, allowed), hook.url).to.be.a("string");
    });
  }

  it("brings no header of its own", () => {
    const hook = hookOf("http://tester.test/a\r\nX-Evil: 1\r\n\r\nGET /b\u0000 HTTP/1.1");
    expect(hook?.url).to.equal("http://tester.test/aX-Evil:%201GET%20/b%00%20HTTP/1.1");
  });
});

describe("a hook's server", () => {
  let server: Server;
  let inside = 0;
  const answers = async (listener: RequestListener, timeoutMs = 500) => {
    server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const hook: Hook = {
      type: "event",
      name: "a",
      url,
      timeoutMs,
      retries: 0,
      metadata: {},
      disableTLS: false,
    };
    const { signal } = new AbortController();
    return post({
      hook,
      payload: {} as HookPayload,
      clock: systemClock,
      signal,
      dispatchers: hookDispatchers(),
    });
  };
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`leads nowhere by ${status}`, async () => {
      inside = 0;
      const answer = await answers((request, response) => {
        if (request.url === "/inside") inside += 1;
        response.writeHead(status, { location: "/inside" }).end();
      });
      expect([answer.kind, inside]).to.deep.equal(["no", 0]);
    });
  }

  const slow: [string, RequestListener][] = [
    ["never answers", () => {}],
    [
      "says its headers a byte at a time",
      (request) => void setInterval(() => request.socket.write("x"), 50).unref(),
    ],
    [
      "never ends its body",
      (_request, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write("x"), 50);
        response.on("close", () => clearInterval(drip));
      },
    ],
  ];
  for (const [what, listener] of slow) {
    it(`is given up when it ${what}`, async () => {
      expect(await answers(listener)).to.include({ kind: "none" });
    });
  }

  it("is read for 4 KiB, however much it says", async () => {
    let sent = 0;
    const answer = await answers((_request, response) => {
      response.on("error", () => {});
      const pour = () => {
        while (sent < 1e9 && response.write("x".repeat(65_536))) sent += 65_536;
      };
      response.on("drain", pour);
      pour();
    }, 5_000);
    expect(answer.kind === "yes" && answer.body.length).to.equal(4_096);
    expect(sent).to.be.below(2e7);
  });
});
