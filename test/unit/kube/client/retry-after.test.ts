import { expect } from "chai";
import type { Kube } from "../../../../kube/client/api.ts";
import { ApiError } from "../../../../kube/client/errors.ts";
import { withRetryAfter } from "../../../../kube/client/retry-after.ts";
import { services } from "../../../../kube/core/resources.ts";
import { FakeApi, type Fault } from "../../../support/api.ts";
import { FakeClock } from "../../../support/clock.ts";
import { eventually } from "../../../support/eventually.ts";

const where = { namespace: "shop", name: "web" };
const busy: Fault = { status: 429, headers: { "retry-after": "5" } };

describe("kube/patience", () => {
  let api: FakeApi;
  let connection: Kube;
  let clock: FakeClock;
  /** How the next requests are answered. */
  let faults: Fault[];

  beforeEach(async () => {
    api = await FakeApi.start();
    api.faults.push(() => faults.shift());
    connection = api.connect();
    [clock, faults] = [new FakeClock(), []];
    api.add(services, { metadata: where, spec: {} });
  });
  afterEach(async () => {
    await connection.close();
    await api.stop();
  });

  const requests: Record<string, (kube: Kube) => Promise<unknown>> = {
    get: (kube) => kube.get(services, where),
    list: (kube) => kube.list(services, where),
    create: (kube) => kube.create(services, where, { metadata: { name: "new" } }),
    jsonPatch: (kube) => kube.jsonPatch(services, where, []),
    mergePatch: (kube) => kube.mergePatch(services, where, {}),
    delete: (kube) => kube.delete(services, where),
    discover: (kube) => kube.discover(),
    watch: (kube) =>
      kube.watch(services, where, {}, AbortSignal.timeout(60_000))[Symbol.asyncIterator]().next(),
  };

  it("sends other requests on while an admission webhook asks for patience about one object", async () => {
    const kube = withRetryAfter(connection, { clock, patienceMs: 60_000 });
    const message =
      'admission webhook "new-version.serin.dev" denied the request: serin works on too many other updates';
    faults = [{ ...busy, message }];
    const refused = await refusalOf(kube.jsonPatch(services, where, []));
    expect(refused).to.include({ status: 429, retryAfterMs: 5_000 });
    expect((await kube.get(services, where)).metadata.name).to.equal("web");
  });

  for (const [what, request] of Object.entries(requests)) {
    it(`sends no ${what} before the time that the server named, and throws to the caller`, async () => {
      const kube = withRetryAfter(connection, { clock });
      faults = [busy];
      await refusalOf(kube.get(services, where));
      await clock.advance(3_000);
      const refused = await refusalOf(request(kube));
      expect(refused.retryAfterMs).to.equal(2_000);
      expect(refused.message).to.equal("injected");
      expect(api.requests).to.have.length(1);
    });
  }

  it("sends again what was refused, and what came meanwhile, as far as the caller's patience goes", async () => {
    const kube = withRetryAfter(connection, { clock, patienceMs: 10_000 });
    faults = [busy];
    const answers = Promise.all([kube.get(services, where), kube.list(services, {})]);
    await eventually("the refusal", () => clock.sleeping > 0);
    const sent = api.requests.length;
    await clock.advance(4_999);
    expect(api.requests).to.have.length(sent);
    await clock.advance(1);
    await answers;
    expect(api.requests.length).to.be.at.most(3);
  });

  it("gives up when the server asks for more patience than there is", async () => {
    const kube = withRetryAfter(connection, { clock, patienceMs: 10_000 });
    faults = [busy, busy, busy];
    const refusal = refusalOf(kube.get(services, where));
    for (let i = 0; i < 3; i++) {
      await eventually("an answer", () => api.requests.length === i + 1 && (clock.sleeping > 0 || i === 2));
      await clock.advance(5_000);
    }
    expect((await refusal).retryAfterMs).to.equal(5_000);
    expect(api.requests).to.have.length(3);
  });

  it("takes an error without a time for what it is", async () => {
    const kube = withRetryAfter(connection, { clock });
    faults = [{ status: 503 }, { status: 500, headers: { "retry-after": "5" } }];
    await refusalOf(kube.get(services, where));
    await refusalOf(kube.get(services, where));
    await kube.get(services, where);
  });
});

async function refusalOf(promise: Promise<unknown>): Promise<ApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ApiError) return error;
  throw new Error(`not refused: ${String(error)}`);
}
