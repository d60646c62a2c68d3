import { expect } from "chai";
import { ApiError } from "../../../../kube/client/errors.ts";
import { retryOnConflict } from "../../../../kube/client/retry-on-conflict.ts";

const conflict = () => new ApiError(409, "Conflict", "the object has been modified");

describe("a change of what others change as well", () => {
  let version: number;
  let changed: number[];
  const read = async () => ++version;
  /** Meets that many conflicts before it succeeds. */
  const change = (conflicts: number) => async (found: number) => {
    changed.push(found);
    if (changed.length <= conflicts) throw conflict();
    return `written over ${found}`;
  };
  const failure = (promise: Promise<unknown>) => promise.catch((error: ApiError) => error.status);
  beforeEach(() => {
    [version, changed] = [0, []];
  });

  it("is decided again on the version that another writer stored meanwhile", async () => {
    expect(await retryOnConflict(read, change(2))).to.equal("written over 3");
    expect(changed).to.deep.equal([1, 2, 3]);
  });

  it("begins with what is known, without a read", async () => {
    expect(await retryOnConflict(read, change(1), { known: 0 })).to.equal("written over 1");
    expect(changed).to.deep.equal([0, 1]);
  });

  it("ends with the conflict after five attempts", async () => {
    expect(await failure(retryOnConflict(read, change(9)))).to.equal(409);
    expect(changed).to.have.length(5);
    expect(version).to.equal(5);
  });

  it("does not repeat what failed in another way", async () => {
    const refused = retryOnConflict(read, async () => {
      changed.push(0);
      throw new ApiError(403, "Forbidden", "no");
    });
    expect(await failure(refused)).to.equal(403);
    expect(changed).to.have.length(1);
  });
});
