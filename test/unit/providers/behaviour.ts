import { expect } from "chai";
import { type Provider, ProviderError, type Reading, type Window } from "../../../providers/provider.ts";
import type { RequestContext } from "../../../providers/request.ts";
import { type Settings, settingsOf } from "../../../providers/settings.ts";
import { type Answer, type ApiServer, type Seen, startServer } from "./server.ts";

/** The instant of all these tests, and the seconds since the epoch in which APIs tell it. */
export const at = Date.UTC(2026, 0, 1, 12);
export const atSeconds = at / 1000;
const context: RequestContext = { clock: { now: () => at } };
/** One minute that ends then. */
export const window: Window = { at, intervalMs: 60_000 };

/** JSON, with something else than a list or a number in every field that an API has. */
const misshapen = JSON.stringify(
  Object.fromEntries(
    ["data", "series", "results", "result", "MetricDataResults", "timeSeriesData", "value"].map((name) => [
      name,
      { status: 7 },
    ]),
  ),
);

/** One kind of provider and what its API answers, as documented, in the cases that all providers must tell apart. */
export interface Kind {
  readonly make: (settings: Settings, context: RequestContext) => Provider;
  /** The Secret, without the address. */
  readonly secret: Readonly<Record<string, string>> | ((url: string) => Readonly<Record<string, string>>);
  readonly query: string;
  /** Credentials that no message may have in it. */
  readonly hidden: readonly string[];
  /** What must come before the question, as a token. */
  readonly prelude?: (snapshot: Seen) => Answer | undefined;
  /** The bodies of answers; a case that the API does not have is left out. */
  readonly answers: {
    /** 42, at `at` or a little before. */
    readonly value: string;
    readonly several?: string;
    readonly nothing: string;
    readonly gaps?: string;
    readonly notANumber?: string;
    /** Of four minutes ago. */
    readonly stale?: string;
  };
  /** An error as this API words it: "no such thing". */
  readonly refusal: string;
  /** JSON that is no answer of this API, where the usual one could be. */
  readonly misshapen?: string;
}

/** A provider of this kind in front of a server that the tests set up. */
export interface Bench {
  server: ApiServer;
  /** Reads the kind's query, or another one. */
  read(query?: string): Promise<Reading>;
  answerWith(body: string): void;
}

/** The tests that every provider passes; more can be added with the bench. */
export function behavesAsProvider(name: string, kind: Kind, more: (bench: Bench) => void): void {
  describe(`the ${name} provider`, () => {
    const bench = {} as Bench;
    let settings: Settings;
    let provider: Provider;
    before(async () => {
      bench.server = await startServer();
      const secret = typeof kind.secret === "function" ? kind.secret(bench.server.url) : kind.secret;
      settings = settingsOf(name, { address: bench.server.url, ...secret });
      provider = kind.make(settings, context);
      bench.read = (query = kind.query) => provider.read(query, window);
      bench.answerWith = (body) => answer(() => ({ body }));
    });
    after(() => bench.server.close());
    const answer = (how: (snapshot: Seen) => Answer) => {
      bench.server.answer = (snapshot) => kind.prelude?.(snapshot) ?? how(snapshot);
    };
    tellsReadingsApart(kind, bench);
    tellsFailures(kind, bench, answer);

    // Only this test may be hasty: a busy machine takes longer than 200 ms for an answer that comes.
    it("waits no longer than its time limit", async () => {
      answer(() => "never");
      const hasty = kind.make(settings, { ...context, timeoutMs: 200 });
      expect(await failureOf(kind, hasty.read(kind.query, window))).to.contain("did not answer within 0.2 s");
    });
    more(bench);
  });
}

/** The message of a failed reading, which names the server and no credential. */
async function failureOf({ hidden }: Kind, reading: Promise<Reading>): Promise<string> {
  const error = await reading.catch((thrown: unknown) => thrown);
  expect(error).to.be.instanceOf(ProviderError);
  const { message } = error as ProviderError;
  expect(message).to.contain("127.0.0.1");
  for (const secret of hidden) expect(message).not.to.contain(secret);
  return message;
}

function tellsReadingsApart({ answers }: Kind, bench: Bench): void {
  it("reads the newest value", async () => {
    bench.answerWith(answers.value);
    const reading = await bench.read();
    expect(reading).to.deep.include({ kind: "value", value: 42 });
    expect(reading)
      .to.have.property("at")
      .that.is.within(at - 60_000, at);
  });

  const cases = [
    ["several", answers.several, /yields .* instead of one/],
    ["missing", answers.nothing, /yields no value/],
    ["missing", answers.gaps, /yields no value/],
    ["not-a-number", answers.notANumber, /the value is /],
    ["stale", answers.stale, /4 min old, more than 3 intervals/],
  ] as const;
  for (const [kind, body, reason] of cases.filter(([, body]) => body !== undefined)) {
    it(`reports that a value is ${kind}${body === answers.gaps ? ", where all points are gaps" : ""}`, async () => {
      bench.answerWith(body ?? "");
      const reading = await bench.read();
      expect(reading.kind).to.equal(kind);
      expect(reading).to.have.property("reason").that.matches(reason);
    });
  }
}

function tellsFailures(kind: Kind, bench: Bench, answer: (how: (snapshot: Seen) => Answer) => void): void {
  const failure = () => failureOf(kind, bench.read());

  const statuses = [
    [401, "refuses the credentials (401): no such thing"],
    [403, "refuses the credentials (403): no such thing"],
    [429, "wants fewer requests (429): no such thing"],
    [500, "answers 500: no such thing"],
  ] as const;
  for (const [status, says] of statuses) {
    it(`reports that the API ${says}`, async () => {
      answer(() => ({ status, body: kind.refusal }));
      expect(await failure()).to.contain(says);
    });
  }

  it("reports how long the API asks to be left alone, a minute at most", async () => {
    const pauseOf = async (header: string) => {
      answer(() => ({ status: 429, body: kind.refusal, headers: { "retry-after": header } }));
      const error = await bench.read().catch((thrown: unknown) => thrown);
      return (error as ProviderError).retryAfterMs;
    };
    expect(await pauseOf("30")).to.equal(30_000);
    expect(await pauseOf("3600")).to.equal(60_000);
    expect(await pauseOf("soon")).to.equal(undefined);
  });

  it("hides credentials that the API repeats", async () => {
    answer(() => ({ status: 401, body: `you sent ${kind.hidden.join(" and ")}` }));
    expect(await failure()).to.contain("you sent …");
  });

  it("follows no redirect", async () => {
    answer(() => ({ status: 302, headers: { location: `${bench.server.url}/elsewhere` } }));
    expect(await failure()).to.contain("redirects (302)");
    expect(bench.server.snapshot.map(({ path }) => path)).not.to.include("/elsewhere");
  });

  for (const body of ["<html>hello</html>", "[[[", "{}x", '"text', kind.misshapen ?? misshapen]) {
    it(`does not take ${body} for an answer`, async () => {
      answer(() => ({ body }));
      const reading = await bench.read().catch((thrown: unknown) => thrown);
      expect(reading).to.be.instanceOf(ProviderError);
    });
  }

  it("reads no endless answer", async () => {
    answer(() => ({ body: " ".repeat(2_000_000) }));
    expect(await failure()).to.contain("more than 1 MiB");
  });
}
