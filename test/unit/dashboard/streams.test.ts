import { expect } from "chai";
import type { RolloutChanges } from "../../../dashboard/api.ts";
import type { Listed } from "../../../dashboard/board.ts";
import type { MayRead } from "../../../dashboard/readers.ts";
import { RolloutStreams, type Sink } from "../../../dashboard/streams.ts";
import { FakeClock } from "../../support/clock.ts";
import { rememberingLog } from "../../support/log.ts";

/** A reader that takes what is written, or does not. */
class TestSink implements Sink {
  writableLength = 0;
  isDestroyed = false;
  text = "";
  write(text: string) {
    this.text += text;
  }
  destroy() {
    this.isDestroyed = true;
  }
  /** The events so far. */
  get events(): readonly RolloutChanges[] {
    return [...this.text.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data));
  }
  /** What each event said: `+` and `-` with names. */
  get news(): readonly string[] {
    return this.events.map(({ all, changed, gone }) => {
      const names = changed.map((view) => (view as unknown as { readonly name: string }).name);
      return `${all ? "all: " : ""}${[...names.map((name) => `+${name}`), ...gone.map((key) => `-${key}`)].join(" ")}`;
    });
  }
}

/** Streams of a board whose views a test sets. */
function scene(mayRead: MayRead = async (_reader, namespaces) => new Set(namespaces)) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const log = rememberingLog();
  const views = new Map<string, Listed>();
  let [version, news] = [0, () => {}];
  const board = {
    listed: () => views,
    listen(onNews: () => void) {
      news = onNews;
    },
  };
  const streams = new RolloutStreams({ board, mayRead, clock, log, signal: stop.signal });
  const set = (key: string) => {
    const [namespace = "", name = ""] = key.split("/");
    version += 1;
    views.set(key, { namespace, version, text: JSON.stringify({ name: `${name}${version}` }) });
    news();
  };
  const drop = (key: string) => {
    views.delete(key);
    news();
  };
  const open = async (user?: string) => {
    const sink = new TestSink();
    const close = streams.open(user === undefined ? undefined : { user, groups: [] }, sink);
    await clock.advance(0);
    return { sink, close };
  };
  return { clock, stop, log, streams, set, drop, open };
}

describe("the streams of the dashboard", () => {
  it("begin with all views, even if there is none, and with how soon to come back", async () => {
    const { set, open, stop } = scene();
    const { sink: early } = await open();
    expect(early.text).to.match(/^retry: 1000\n\nid: 1\nevent: rollouts\ndata: /);
    expect(early.news).to.deep.equal(["all: "]);
    set("shop/web");
    expect((await open()).sink.news).to.deep.equal(["all: +web1"]);
    stop.abort();
  });

  it("send the views that changed, in one batch a second at most", async () => {
    const { clock, set, drop, open, stop } = scene();
    set("shop/web");
    set("shop/api");
    await clock.advance(2_000);
    const { sink } = await open();
    set("shop/web");
    await clock.advance(100);
    for (let i = 0; i < 9; i += 1) {
      set("shop/web");
      await clock.advance(100);
    }
    expect(sink.news).to.deep.equal(["all: +web1 +api2", "+web3", "+web12"].slice(0, sink.news.length));
    await clock.advance(1_000);
    expect(sink.news).to.deep.equal(["all: +web1 +api2", "+web3", "+web12"]);
    drop("shop/api");
    await clock.advance(1_000);
    expect(sink.news.at(-1)).to.equal("-shop/api");
    expect(sink.text.match(/^id: \d+$/gm)).to.deep.equal(["id: 1", "id: 2", "id: 3", "id: 4"]);
    await clock.advance(5_000);
    expect(sink.events).to.have.length(4);
    stop.abort();
  });

  it("carry a comment every 15 s, so that no proxy takes them for dead", async () => {
    const { clock, open, stop } = scene();
    const { sink } = await open();
    await clock.advance(46_000);
    expect(sink.text.match(/^:$/gm)).to.have.length(3);
    stop.abort();
  });

  it("have only what their reader may see, and follow the reader's rights", async () => {
    const rights: Record<string, readonly string[]> = { jane: ["shop"], joe: ["pay"] };
    const { clock, set, open, stop } = scene(
      async (reader, namespaces) =>
        new Set(namespaces.filter((one) => rights[reader?.user ?? ""]?.includes(one))),
    );
    set("shop/web");
    set("pay/ledger");
    await clock.advance(1_000);
    const { sink: jane } = await open("jane");
    const { sink: joe } = await open("joe");
    set("shop/web");
    await clock.advance(1_000);
    expect([jane.news, joe.news]).to.deep.equal([["all: +web1", "+web3"], ["all: +ledger2"]]);
    rights.jane = ["pay"];
    rights.joe = ["pay", "shop"];
    await clock.advance(15_000);
    expect(jane.news.at(-1)).to.equal("+ledger2 -shop/web");
    expect(joe.news.at(-1)).to.equal("+web3");
    stop.abort();
  });

  it("send nothing while rights cannot be asked, and everything afterwards", async () => {
    const state = { down: true };
    const { clock, set, open, log, stop } = scene(async (_reader, namespaces) => {
      if (state.down) throw new Error("etcd is away");
      return new Set(namespaces);
    });
    set("shop/web");
    await clock.advance(1_000);
    const { sink } = await open("jane");
    expect(sink.events).to.deep.equal([]);
    expect(log.lines).to.deep.equal(["warn: views not sent"]);
    state.down = false;
    await clock.advance(15_000);
    expect(sink.news).to.deep.equal(["all: +web1"]);
    stop.abort();
  });

  it("cut off a reader that takes nothing, and forget one that is gone", async () => {
    const { clock, set, open, streams, stop } = scene();
    const { sink: slow } = await open();
    const { close } = await open();
    expect(streams.size).to.equal(2);
    slow.writableLength = 5 * 1024 * 1024;
    set("shop/web");
    await clock.advance(1_000);
    expect([slow.isDestroyed, streams.size]).to.deep.equal([true, 1]);
    close();
    expect(streams.size).to.equal(0);
    stop.abort();
  });
});
