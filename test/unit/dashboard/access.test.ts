import { expect } from "chai";
import { accessBy } from "../../../dashboard/access.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { ApiError } from "../../../kube/client/errors.ts";
import { FakeClock } from "../../support/clock.ts";

interface Review {
  readonly spec: {
    readonly user: string;
    readonly groups: readonly string[];
    readonly resourceAttributes: {
      readonly namespace?: string;
      readonly verb: string;
      readonly resource: string;
    };
  };
}

/** An API server in which users may read some namespaces; an empty name stands for all. */
function access(allowed: Readonly<Record<string, readonly string[]>>) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const state = { down: false };
  const create = async (_resource: unknown, _where: unknown, body: object) => {
    if (state.down) throw new ApiError(500, "InternalError", "etcd is away");
    const { user, resourceAttributes } = (body as Review).spec;
    const { namespace = "", verb, resource } = resourceAttributes;
    expect([verb, resource]).to.deep.equal(["get", "deployments"]);
    asked.push(`${user} ${namespace}`);
    return { status: { allowed: allowed[user]?.includes(namespace) === true } };
  };
  return {
    clock,
    asked,
    state,
    mayRead: accessBy({ kube: { create } as unknown as Pick<Kube, "create">, clock }),
  };
}

const jane = { user: "jane", groups: ["system:authenticated"] };
const all = ["shop", "pay", "lab"];

describe("the access to namespaces", () => {
  it("is everything where nobody is asked for a name, without a request", async () => {
    const { mayRead, asked } = access({});
    expect([...(await mayRead(undefined, all))]).to.deep.equal(all);
    expect(asked).to.deep.equal([]);
  });

  it("is what the API server lets the user get, asked once a minute", async () => {
    const { mayRead, asked, clock } = access({ jane: ["shop", "lab"] });
    for (let i = 0; i < 3; i += 1) expect([...(await mayRead(jane, all))]).to.deep.equal(["shop", "lab"]);
    expect(asked).to.deep.equal(["jane ", "jane shop", "jane pay", "jane lab"]);
    await clock.advance(61_000);
    await mayRead(jane, ["pay"]);
    expect(asked.slice(4)).to.deep.equal(["jane ", "jane pay"]);
  });

  it("takes one question for a user who may read all namespaces, and none for no namespace", async () => {
    const { mayRead, asked } = access({ root: [""] });
    expect([...(await mayRead({ user: "root", groups: [] }, all))]).to.deep.equal(all);
    expect([...(await mayRead(jane, []))]).to.deep.equal([]);
    expect(asked).to.deep.equal(["root "]);
  });

  it("is not guessed while the API server is away: the question fails, and soon is asked again", async () => {
    const { mayRead, state, clock } = access({ jane: ["shop"] });
    state.down = true;
    const failure = await mayRead(jane, all).then(
      () => undefined,
      (error: Error) => error.message,
    );
    expect(failure).to.equal("etcd is away");
    state.down = false;
    await clock.advance(1_100);
    expect([...(await mayRead(jane, all))]).to.deep.equal(["shop"]);
  });
});
