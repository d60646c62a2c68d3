import { expect } from "chai";
import { unreadableKinds } from "../../../dashboard/unreadable.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { ApiError } from "../../../kube/client/errors.ts";
import type { Resource } from "../../../kube/core/resources.ts";

/** An API server that answers lists of some kinds with a status. */
function answering(statuses: Readonly<Record<string, number>>): Pick<Kube, "list"> {
  const list = async ({ plural }: Resource) => {
    const status = statuses[plural];
    if (status !== undefined) throw new ApiError(status, "", `${plural}: ${status}`);
    return { items: [], resourceVersion: "1" };
  };
  return { list: list as unknown as Kube["list"] };
}

describe("the kinds that a user may not list", () => {
  it("are left out, and a kind that is not installed is none", async () => {
    const found = await unreadableKinds(
      answering({ httproutes: 403, services: 403, grpcroutes: 404 }),
      "shop",
    );
    expect([...found].toSorted()).to.deep.equal(["httproutes", "services"]);
  });

  for (const [kind, status] of [
    ["deployments", 403],
    ["replicasets", 500],
  ] as const) {
    it(`end the command if ${kind} are answered with ${status}`, async () => {
      const failure = await unreadableKinds(answering({ [kind]: status }), "shop").catch(
        (error: Error) => error,
      );
      expect(failure).to.be.instanceOf(ApiError);
    });
  }
});
