import { expect } from "chai";
import fc from "fast-check";
import { PLAIN } from "../../../certs/paths.ts";
import { type Token, tokenInForce, tokensAfter } from "../../../certs/tokens.ts";
import { cases } from "../../support/cases.ts";

const settleMs = 60;
const lives = { lifeMs: 1_000, settleMs };
/** How much the clocks of replicas differ at most. */
const skewMs = 10;

/** A stored object: a write fits only the version that was read. */
interface Stored<T> {
  value: T;
  version: number;
}

class Cluster {
  now = 0;
  fresh = 0;
  readonly secret: Stored<readonly Token[]> = { value: [], version: 0 };
  readonly configuration: Stored<string> = { value: PLAIN, version: 0 };
  /** What a replica replaced in the configuration, each with the instant. */
  readonly past: { token: string; until: number }[] = [];

  /** The steps of certs/keep-configuration.ts, one for each request; `skew` is the replica's clock less the true time. */
  *pass(skew: number): Generator<undefined, void> {
    const configuration = { ...this.configuration };
    yield;
    const secret = { ...this.secret };
    yield;
    const now = this.now + skew;
    const configured = new Set([configuration.value]);
    this.fresh += 1;
    const tokens = tokensAfter({ tokens: secret.value, configured, now }, `token-${this.fresh}`, lives);
    if (JSON.stringify(tokens) !== JSON.stringify(secret.value)) {
      if (secret.version !== this.secret.version) return;
      this.secret.value = tokens;
      this.secret.version += 1;
    }
    yield;
    const wanted = tokenInForce({ tokens, configured, now }, settleMs)?.value ?? PLAIN;
    if (wanted === configuration.value || configuration.version !== this.configuration.version) return;
    this.past.push({ token: this.configuration.value, until: this.now });
    this.configure(wanted);
  }

  configure(token: string): void {
    this.configuration.value = token;
    this.configuration.version += 1;
  }

  /** What is wrong now. Plain code, because it runs after every step. */
  complaint(): string | undefined {
    const needed = this.past.filter(({ until }) => this.now < until + settleMs - 2 * skewMs);
    const lost = [...needed, { token: this.configuration.value }].find(
      ({ token }) => token !== PLAIN && !this.secret.value.some(({ value }) => value === token),
    );
    if (lost !== undefined) return `the Secret has no ${lost.token} at ${this.now}`;
    const lived = [...this.past.map(({ token }) => token), this.configuration.value].filter(Boolean);
    const orders = lived.map((token) => Number(token.slice(6)));
    const isBack = orders.some((order, at) => order < (orders[at - 1] ?? 0));
    return isBack ? `a token came back: ${lived.join()}` : undefined;
  }
}

describe("certs/tokens, with three replicas that race and crash", () => {
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.record({ do: fc.constant("step" as const), who: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const), who: fc.nat(2) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), who: fc.nat(90) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), who: fc.nat(1_500) }) },
    // Somebody applies deploy/webhook.yaml.
    { weight: 1, arbitrary: fc.record({ do: fc.constant("apply" as const), who: fc.constant(0) }) },
  );

  it("always has the configuration's token in the Secret, and never brings one back", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), (steps) => {
        const cluster = new Cluster();
        const skews = [-skewMs, 0, skewMs];
        const running: ({ pass: Generator<undefined, void>; from: number } | undefined)[] = [];
        for (const { do: what, who } of steps) {
          if (what === "wait") cluster.now += who;
          else if (what === "apply") cluster.configure(PLAIN);
          else if (what === "crash") running[who] = undefined;
          else {
            const { pass, from } = running[who] ?? { pass: cluster.pass(skews[who] ?? 0), from: cluster.now };
            // The client gives up a request that takes longer.
            const isOver = cluster.now - from > settleMs / 2 || pass.next().done;
            running[who] = isOver ? undefined : { pass, from };
          }
          expect(cluster.complaint()).to.equal(undefined);
        }
      }),
      { numRuns: cases(300) },
    );
  });

  it("comes to a young token in the configuration, whatever happened before", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const cluster = new Cluster();
        for (const { do: what, who } of steps) {
          const pass = cluster.pass(0);
          if (what === "wait") cluster.now += who;
          else if (what === "apply") cluster.configure(PLAIN);
          // Does a part of the pass, and crashes.
          else for (let done = 0; done <= who + (what === "step" ? 1 : 0); done += 1) pass.next();
        }
        for (let turn = 0; turn < 8; turn += 1) {
          for (const pass = cluster.pass(0); !pass.next().done; );
          cluster.now += settleMs;
        }
        const stored = cluster.secret.value;
        const configured = stored.find(({ value }) => value === cluster.configuration.value);
        expect(stored.length).to.be.at.most(2);
        expect(cluster.now - (configured?.bornAt ?? 0)).to.be.below(lives.lifeMs + 4 * settleMs);
      }),
    );
  });
});
