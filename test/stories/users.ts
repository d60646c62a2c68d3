import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Pool } from "undici";
import { COUNTING_RPS, startPace } from "../cluster/pace.ts";

/** A user who returns, with their own cookie jar. */
export interface User {
  /** For messages: what distinguishes this user. */
  readonly name: string;
  readonly path?: string;
  /** A `cookie` header here goes before the cookies of the jar. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request of a user: its start (ms since the epoch) and the answer; status 0 means no answer. */
export interface Visit {
  readonly at: number;
  readonly user: string;
  readonly status: number;
  readonly version: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Asked {
  /** The gateway, without a path. */
  readonly url: string;
  readonly host: string;
  /** Requests per second of all users together, who take turns. */
  readonly rps: number;
}

const CONNECTIONS = 32;
const PATIENCE_MS = 60_000;

/** Users who repeat their requests, each by themselves, and the answers that they got. */
export class Users {
  readonly visits: Visit[] = [];
  readonly #pool: Pool;
  readonly #pace: ReturnType<typeof startPace>;
  readonly #host: string;
  readonly #rps: number;

  constructor(users: readonly User[], { url, host, rps }: Asked) {
    this.#host = host;
    this.#rps = rps;
    this.#pool = new Pool(url, { connections: CONNECTIONS, headersTimeout: 10_000 });
    const all = users.map((user) => ({ user, jar: new Jar(), waits: false }));
    const turn = async (index: number) => {
      const one = all[index % all.length];
      // A user who has no answer yet has no cookie of it either.
      if (one === undefined || one.waits) return;
      one.waits = true;
      await this.#visit(one.user, one.jar);
      one.waits = false;
    };
    // A user who came twice in a batch would still wait for the first answer.
    this.#pace = startPace(rps, turn, all.length);
  }

  /** The visits that started in [from, to). */
  between(from: number, to = Number.POSITIVE_INFINITY): Visit[] {
    return this.visits.filter(({ at }) => at >= from && at < to);
  }

  /** Waits for this many visits since an instant; returns when the last one came. */
  async visited(from: number, visits: number): Promise<number> {
    for (const deadline = Date.now() + PATIENCE_MS; this.between(from).length < visits; await sleep(100)) {
      if (Date.now() > deadline) throw new Error(`no ${visits} visits since ${new Date(from).toISOString()}`);
    }
    return Date.now();
  }

  /** The same at COUNTING_RPS, for users whose version depends on nothing that they keep. */
  async counted(from: number, visits: number): Promise<number> {
    this.#pace.at(COUNTING_RPS);
    const to = await this.visited(from, visits);
    this.#pace.at(this.#rps);
    return to;
  }

  /** Stops the users; resolves when the last one has an answer. */
  async stop(): Promise<void> {
    await this.#pace.stop();
    if (!this.#pool.closed) await this.#pool.close();
  }

  async #visit({ name, path = "/", headers = {} }: User, jar: Jar): Promise<void> {
    const at = performance.timeOrigin + performance.now();
    const cookie = [...(headers.cookie === undefined ? [] : [headers.cookie]), ...jar.cookies()].join("; ");
    const sent = { ...headers, ...(cookie !== "" && { cookie }), host: this.#host };
    try {
      const answer = await this.#pool.request({ method: "GET", path, headers: sent });
      await answer.body.dump();
      jar.keep([answer.headers["set-cookie"] ?? []].flat());
      const version = String(answer.headers["x-version"] ?? "");
      this.visits.push({ at, user: name, status: answer.statusCode, version, headers: answer.headers });
    } catch {
      this.visits.push({ at, user: name, status: 0, version: "", headers: {} });
    }
  }
}

/** Cookies as a browser keeps them for one page: the newest of a name counts. */
class Jar {
  readonly #kept = new Map<string, string>();

  keep(set: readonly string[]): void {
    for (const cookie of set) {
      const [, name = "", value = ""] = /^([^=;]+)=([^;]*)/.exec(cookie) ?? [];
      this.#kept.set(name, value);
    }
  }

  cookies(): string[] {
    return [...this.#kept].map(([name, value]) => `${name}=${value}`);
  }
}

/** Expects this many visits, all with this version. */
export function expectVersion(visits: readonly Visit[], version: string, atLeast: number): void {
  expect(visits.length, "visits").to.be.at.least(atLeast);
  const wrong = visits.filter((visit) => visit.version !== version);
  const reported = new Set(wrong.map((visit) => `${visit.user}: ${visit.version || visit.status}`));
  expect([...reported], `${wrong.length} of ${visits.length} visits saw another version`).to.deep.equal([]);
}

/** Expects that no visit failed. */
export function expectServed(visits: readonly Visit[]): void {
  const failed = visits.filter(({ status }) => status !== 200);
  const reported = failed.slice(0, 5).map(({ at, user, status, version }) => {
    return `${new Date(at).toISOString().slice(11, 23)} ${user}: ${status} ${version}`;
  });
  expect(failed.length, `failed visits of ${visits.length}: ${reported.join(", ")} …`).to.equal(0);
}

/** Stops the users, and expects that no visit failed. */
export async function expectAllServed(...all: readonly Users[]): Promise<void> {
  for (const users of all) {
    await users.stop();
    expectServed(users.visits);
  }
}

/** The versions that each user saw, in the order of their first visit. */
export function versionsByUser(visits: readonly Visit[]): Map<string, string[]> {
  const seen = new Map<string, string[]>();
  for (const { user, version } of [...visits].sort((a, b) => a.at - b.at)) {
    const versions = seen.get(user) ?? [];
    if (!versions.includes(version)) seen.set(user, [...versions, version]);
  }
  return seen;
}
