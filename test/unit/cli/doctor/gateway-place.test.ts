import { expect } from "chai";
import { type GatewayObject, gatewayNamed, placeOn } from "../../../../cli/doctor/gateway-place.ts";

type Listener = {
  name?: string;
  protocol?: string;
  port?: number;
  hostname?: string;
  allowedRoutes?: { namespaces?: { from: string }; kinds?: { kind: string }[] };
};

const from = (namespaces: string): Listener => ({ allowedRoutes: { namespaces: { from: namespaces } } });

function gateway(listeners: readonly Listener[], ...addresses: string[]): GatewayObject {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { namespace: "edge", name: "gw" },
    spec: {
      listeners: listeners.map((one, i) => ({ name: `l${i}`, protocol: "HTTP", port: 80, ...one })),
    },
    status: { addresses: addresses.map((value) => ({ value })) },
  };
}

describe("kubectl serin doctor --gateway: where the check goes", () => {
  const places: Record<string, readonly [GatewayObject, address: string | undefined, expected: object]> = {
    "a listener for any host": [
      gateway([{}], "10.0.0.7"),
      undefined,
      {
        parent: { namespace: "edge", name: "gw", sectionName: "l0" },
        url: "http://10.0.0.7:80",
        domain: "example",
      },
    ],
    "the first one of HTTP that takes a host of the check": [
      gateway(
        [
          { protocol: "HTTPS", port: 443 },
          { hostname: "shop.example" },
          { hostname: "*.shop.example", port: 8080 },
        ],
        "fd00::7",
        "10.0.0.7",
      ),
      undefined,
      {
        parent: { namespace: "edge", name: "gw", sectionName: "l2" },
        url: "http://[fd00::7]:8080",
        domain: "shop.example",
      },
    ],
    "the user's address": [
      gateway([{}]),
      "http://127.0.0.1:8000/",
      {
        parent: { namespace: "edge", name: "gw", sectionName: "l0" },
        url: "http://127.0.0.1:8000",
        domain: "example",
      },
    ],
  };
  for (const [name, [given, address, expected]] of Object.entries(places)) {
    it(`is ${name}`, () => expect(placeOn(given, "edge", address)).to.deep.equal(expected));
  }

  it("is a Gateway of the namespace, or of another one", () => {
    expect(gatewayNamed("gw", "shop")).to.deep.equal({ namespace: "shop", name: "gw" });
    expect(gatewayNamed("edge/gw", "shop")).to.deep.equal({ namespace: "edge", name: "gw" });
    for (const text of ["edge/", "/gw", "a/b/c"])
      expect(() => gatewayNamed(text, "shop"), text).to.throw(
        `--gateway: "${text}" is not a valid name: use`,
      );
  });

  const refusals: Record<string, GatewayObject> = {
    "Gateway edge/gw has no listener of the protocol HTTP": gateway([{ protocol: "HTTPS" }], "10.0.0.7"),
    "take a.example, b.example alone": gateway(
      [{ hostname: "a.example" }, { hostname: "b.example" }],
      "10.0.0.7",
    ),
    "such as --address=http://10.0.0.7:81": gateway([{ port: 81 }]),
  };
  for (const [says, given] of Object.entries(refusals)) {
    it(`is refused: ${says}`, () => expect(() => placeOn(given, "edge")).to.throw(says));
  }

  it("is a listener that takes routes of the namespace", () => {
    for (const open of ["All", "Selector"]) {
      const given = gateway([{}, from("Same"), from("None"), from(open)], "10.0.0.7");
      expect(placeOn(given, "scratch").parent.sectionName).to.equal("l3");
    }
    for (const given of [gateway([{}, from("Same")]), gateway([{ allowedRoutes: {} }])])
      expect(() => placeOn(given, "scratch")).to.throw(
        "no HTTP listener of Gateway edge/gw takes HTTPRoutes of namespace scratch: use -n edge, or a listener whose allowedRoutes have namespaces.from: All, and HTTPRoute among the kinds",
      );
  });

  it("is a listener that takes HTTPRoutes", () => {
    const taking = (...kinds: string[]): Listener => ({
      allowedRoutes: { kinds: kinds.map((kind) => ({ kind })) },
    });
    const given = gateway([taking("GRPCRoute"), taking("GRPCRoute", "HTTPRoute")], "10.0.0.7");
    expect(placeOn(given, "edge").parent.sectionName).to.equal("l1");
    expect(() => placeOn(gateway([taking("GRPCRoute")]), "edge")).to.throw(
      "no HTTP listener of Gateway edge/gw takes HTTPRoutes of namespace edge",
    );
  });

  const addresses: Record<string, string> = {
    "http://1.2.3.4/app": "is not a valid address: leave out /app",
    "http://1.2.3.4?a=1": "is not a valid address: leave out /?a=1",
    "https://1.2.3.4": "is not a valid address: use http, because the check does not speak TLS",
  };
  for (const [address, says] of Object.entries(addresses)) {
    it(`is not at ${address}`, () =>
      expect(() => placeOn(gateway([{}]), "edge", address)).to.throw(`--address: "${address}" ${says}`));
  }
});
