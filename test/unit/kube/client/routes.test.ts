import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { listRoutes } from "../../../../kube/client/routes.ts";

describe("the routes of all kinds", () => {
  it("are refused in the words about the first kind, whichever answer comes first", async () => {
    const list = async ({ plural }: { plural: string }) => {
      if (plural === "httproutes") await new Promise(setImmediate);
      throw new Error(`${plural} is forbidden`);
    };
    const refusal = await listRoutes({ list } as unknown as Kube).catch(String);
    expect(refusal).to.equal("Error: httproutes is forbidden");
  });
});
