import { expect } from "chai";
import { type Backend, bucketsQuery, countersOf, requestsQuery } from "../../rollout/traefik.ts";

const web: Backend = { routeNamespace: "shop", route: "web", namespace: "shop", service: "web-canary" };
const named = (service: string, route = "shop-web") =>
  `httproute-${route}-gw-infra-public-ep-web-0-1f8a2b3c-svc-shop-${service}-1@kubernetesgateway`;
const sample = (service: string, labels: Record<string, string> = {}, value = 1) => ({
  labels: { service, code: "200", ...labels },
  value,
});

describe("traefik", () => {
  const names: [string, string, boolean][] = [
    ["the twin's series", named("web-canary"), true],
    ["its Service's", named("web"), false],
    ["those of a Service whose name only begins so", named("web-canary-2"), false],
    ["those of a Service whose name only ends so", named("other-web-canary"), false],
    ["those of the same twin behind another route", named("web-canary", "shop-admin"), false],
    ["those of another provider", named("web-canary").replace("kubernetesgateway", "kubernetescrd"), false],
  ];
  for (const [what, service, expected] of names) {
    it(`${expected ? "counts" : "leaves out"} ${what}`, () =>
      expect(countersOf([sample(service)], [web]).requests.size).to.equal(expected ? 1 : 0));
  }

  it("keeps series apart by all their labels, whatever their order", () => {
    const one = { labels: { code: "200", method: "GET", service: named("web-canary") }, value: 3 };
    const same = { labels: { service: named("web-canary"), method: "GET", code: "200" }, value: 4 };
    const other = { labels: { ...one.labels, method: "POST" }, value: 5 };
    const { requests } = countersOf([one, same, other], [web]);
    expect([...requests.values()]).to.deep.equal([
      { code: "200", value: 4 },
      { code: "200", value: 5 },
    ]);
  });

  it("tells buckets from requests and reads +Inf", () => {
    const service = named("web-canary");
    const { requests, buckets } = countersOf(
      [sample(service), sample(service, { le: "0.1" }), sample(service, { le: "+Inf" }, 2)],
      [web],
    );
    expect(requests.size).to.equal(1);
    expect([...buckets.values()]).to.deep.equal([
      { le: 0.1, value: 1 },
      { le: Number.POSITIVE_INFINITY, value: 2 },
    ]);
  });

  it("writes names into PromQL so that they stay names", () => {
    const hostile = { ...web, route: 'w"} or vector(1) #', service: "a.b|c" };
    for (const query of [requestsQuery([hostile, web]), bucketsQuery([hostile])]) {
      expect(query).to.match(/^traefik_service_\w+\{service=~"[A-Za-z0-9\-.+[\]@|]*"\}$/);
    }
    expect(requestsQuery([hostile])).to.include("-svc-shop-a-b-c-[0-9]+@");
  });
});
