import { expect } from "chai";
import { Accepted } from "../../../certs/accepted.ts";
import { issueAuthority, issueLeaf, type KeyPair } from "../../../certs/issue.ts";
import { readPath } from "../../../certs/paths.ts";
import { Peers } from "../../../certs/peers.ts";
import { keepServing } from "../../../certs/serve.ts";
import type { Kube } from "../../../kube/client/api.ts";
import { systemClock } from "../../../kube/core/clock.ts";
import type { KubeObject } from "../../../kube/core/meta.ts";
import { mutatingWebhookConfigurations, namespaces, secrets } from "../../../kube/core/resources.ts";
import { FakeApi } from "../../support/api.ts";
import { eventually } from "../../support/eventually.ts";
import { noLog } from "../../support/log.ts";

const namespace = "serin-system";
const host = "serin.serin-system.svc";
const life = { now: Date.now(), lifeMs: 3_600_000 };
const base64 = (text: string) => Buffer.from(text).toString("base64");
const configuration = () => ({
  metadata: { name: "serin" },
  webhooks: [
    {
      name: "a",
      clientConfig: { service: { name: "serin", path: "/admit/config" } },
      matchConditions: [
        { name: "serin", expression: `"system:serviceaccounts:${namespace}" in request.userInfo.groups` },
      ],
    },
  ],
});

type Configuration = KubeObject & {
  webhooks: { clientConfig: { caBundle?: string; service: { path: string } } }[];
};

describe("certs/external", () => {
  let api: FakeApi;
  let kube: Kube;
  let stop: AbortController;
  let serving: Promise<void>;
  let served: string[];
  let isReached: boolean;
  let authority: KeyPair;
  let first: KeyPair;
  before(async () => {
    authority = await issueAuthority(life);
    first = await issueLeaf(authority, [host], life);
  });
  beforeEach(async () => {
    [stop, served, isReached] = [new AbortController(), [], false];
    api = await FakeApi.start();
    kube = api.connect();
    api.add(namespaces, { metadata: { name: namespace, uid: "home" } });
    api.add(mutatingWebhookConfigurations, configuration());
    serving = keepServing({
      ...{ kube, namespace, name: "serin-certificate", names: [host], external: "serin-tls" },
      ...{ configuration: "serin", service: "serin", clock: systemClock, signal: stop.signal, log: noLog },
      accepted: new Accepted({ clock: systemClock, settleMs: 60_000, read: async () => new Set<string>() }),
      peers: new Peers(namespace),
      apply: ({ cert }) => void served.push(cert),
      onReach(now) {
        isReached = now;
      },
    });
  });
  afterEach(async () => {
    stop.abort();
    await serving;
    await kube.close();
    await api.stop();
  });

  const stored = () =>
    api.store.get("admissionregistration.k8s.io/v1/mutatingwebhookconfigurations", "/serin") as Configuration;
  /** Writes the Secret as cert-manager does. */
  const issue = ({ cert, key }: KeyPair) => {
    const data = { "tls.crt": base64(cert), "tls.key": base64(key), "ca.crt": base64(authority.cert) };
    const isThere = api.store.list("/v1/secrets").some(({ metadata }) => metadata.name === "serin-tls");
    if (isThere) api.change(secrets, `${namespace}/serin-tls`, { data });
    else api.add(secrets, { metadata: { namespace, name: "serin-tls" }, data });
  };
  /** Writes the bundle as cert-manager does: into what is stored. */
  const inject = ({ cert }: KeyPair) => {
    const webhooks = stored().webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, caBundle: base64(cert) },
    }));
    api.change(mutatingWebhookConfigurations, "/serin", { webhooks });
  };
  const token = () => readPath(stored().webhooks[0]?.clientConfig.service.path)?.token ?? "";
  const begins = async () => {
    issue(first);
    inject(authority);
    await eventually("reached", () => isReached && token() !== "");
  };

  it("serves what the issuer stored, keeps the token, and leaves the bundle to the issuer", async () => {
    issue(first);
    await eventually("served before it is trusted, so that the port is open", () => served.length === 1);
    await eventually("called at a secret path", () => token() !== "");
    expect(isReached).to.equal(false);
    expect(stored().webhooks[0]?.clientConfig.caBundle).to.equal(undefined);
    inject(authority);
    await eventually("reached", () => isReached);
    expect(stored().webhooks[0]?.clientConfig.caBundle).to.equal(base64(authority.cert));
    const own = api.store.get("/v1/secrets", `${namespace}/serin-certificate`) as { data?: object };
    expect(Object.keys(own.data ?? {})).to.deep.equal(["webhook-tokens"]);
  });

  it("serves a renewed certificate at once, because its authority is trusted", async () => {
    await begins();
    const next = await issueLeaf(authority, [host], life);
    issue(next);
    await eventually("renewed", () => served.at(-1) === next.cert);
    expect(isReached).to.equal(true);
  });

  it("serves a certificate of a new authority only when the API server trusts it", async () => {
    await begins();
    const other = await issueAuthority(life);
    const next = await issueLeaf(other, [host], life);
    issue(next);
    // The token that Serin puts back shows that it has decided after the Secret changed.
    api.change(secrets, `${namespace}/serin-certificate`, { data: { "webhook-tokens": null } });
    const before = token();
    await eventually("another token", () => ![before, ""].includes(token()));
    expect(served).to.deep.equal([first.cert]);
    inject(other);
    await eventually("served", () => served.at(-1) === next.cert);
    await eventually("reached", () => isReached);
  });

  it("keeps what it serves while the Secret has nothing that is valid for its host", async () => {
    await begins();
    const wrong = [
      await issueLeaf(authority, ["other.serin-system.svc"], life),
      { ...first, key: authority.key },
      await issueLeaf(authority, [host], { now: life.now - 2 * life.lifeMs, lifeMs: life.lifeMs }),
    ];
    for (const each of wrong) {
      issue(each);
      api.change(secrets, `${namespace}/serin-certificate`, { data: { "webhook-tokens": null } });
      const before = token();
      await eventually("another token", () => ![before, ""].includes(token()));
    }
    api.remove(secrets, `${namespace}/serin-tls`);
    const next = await issueLeaf(authority, [host], life);
    issue(next);
    await eventually("the next one", () => served.length > 1);
    expect(served).to.deep.equal([first.cert, next.cert]);
  });
});
