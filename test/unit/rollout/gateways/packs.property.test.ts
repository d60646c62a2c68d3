import { expect } from "chai";
import fc from "fast-check";
import { attribution } from "../../../../rollout/gateways/metrics/attribution.ts";
import type { Backend } from "../../../../rollout/gateways/metrics/backend.ts";
import { cases } from "../../../support/cases.ts";
import { countedNames, namings } from "./metrics/namings.ts";
import { packs } from "./metrics/packs.ts";
import { selects } from "./metrics/promql.ts";

/** DNS labels, short ones of few letters often, so that names are often each other's beginnings and ends. */
const label = fc.oneof(
  fc.stringMatching(/^[ab](?:[-ab1]{0,3}[ab1])?$/),
  fc.stringMatching(/^[a-z](?:[-a-z0-9]{0,12}[a-z0-9])?$/),
);
const subdomain = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
const place = fc.record({ rule: fc.nat(15), backend: fc.nat(15) });
const aBackend: fc.Arbitrary<Backend> = fc.record({
  routeKind: fc.constant("HTTPRoute"),
  routeNamespace: label,
  route: subdomain,
  namespace: label,
  service: label,
  refs: fc.array(place, { minLength: 1, maxLength: 3 }),
  replicaSet: fc.tuple(label, fc.stringMatching(/^[bcdf2-9]{8,10}$/)).map((parts) => parts.join("-")),
});

/** Those whose names are the backend's with something more or less. */
function relatives(backend: Backend): Backend[] {
  const changes: ((name: string) => string)[] = [
    (name) => `${name}-2`,
    (name) => `${name}x`,
    (name) => `x${name}`,
    (name) => `x-${name}`,
    (name) => name.slice(1) || "y",
    (name) => name.replace(/-?.$/, "") || "y",
    (name) => name.replace(".", "x"),
  ];
  const fields = ["routeNamespace", "route", "namespace", "service", "replicaSet"] as const;
  return fields.flatMap((field) =>
    changes.map((change) => ({ ...backend, [field]: change(backend[field]) })),
  );
}

describe("metrics packs", () => {
  for (const name of countedNames) {
    const { [name]: pack } = packs;
    const { [name]: naming } = namings;
    const share = (a: Backend, b: Backend) => pack.keysFor(a).some((key) => pack.keysFor(b).includes(key));

    it(`of ${name} ask for all series of a backend and no series of another backend`, () => {
      const check = fc.property(
        fc.array(aBackend, { minLength: 1, maxLength: 4 }),
        aBackend,
        (own, other) => {
          const asked = selects(pack.requests(own));
          const owner = attribution(
            pack,
            own.map((backend) => [backend, "own"] as const),
          );
          for (const labels of own.flatMap((backend) => naming.series(backend))) {
            // A name of full length may have been cut, so it counts for no version.
            if (labels.backend_target_name?.length === 63) continue;
            expect(asked(naming.counter, labels), JSON.stringify(labels)).to.equal(true);
            expect(owner(labels), JSON.stringify(labels)).to.equal("own");
          }
          for (const stranger of [other, ...own.flatMap(relatives)]) {
            // Where a gateway cannot name two backends apart, neither can we.
            if (own.some((backend) => share(backend, stranger))) continue;
            for (const labels of naming.series(stranger)) {
              expect(owner(labels), JSON.stringify(labels)).to.equal(undefined);
            }
          }
        },
      );
      fc.assert(check, { numRuns: cases(60) });
    });

    it(`of ${name} ask for no series of relatives of one backend`, () => {
      const check = fc.property(aBackend, (backend) => {
        const asked = selects(pack.requests([backend]));
        for (const stranger of relatives(backend)) {
          if (share(backend, stranger)) continue;
          for (const labels of naming.series(stranger)) {
            expect(asked(naming.counter, labels), JSON.stringify(labels)).to.equal(false);
          }
        }
      });
      fc.assert(check, { numRuns: cases(60) });
    });
  }
});
