import { expect } from "chai";
import fc from "fast-check";
import type { Operation } from "fast-json-patch";
import jsonpatch from "fast-json-patch";
import { BadReview, readReview, writeReview } from "../../../webhook/review.ts";
import { aReview } from "../../support/review.ts";

const object = {
  kind: "Deployment",
  metadata: { name: "web", labels: { a: "1" } },
  spec: { replicas: 1, gone: true },
};
const review = (request: object = {}, rest: object = {}) => ({
  ...aReview({ object, oldObject: object, ...request }),
  ...rest,
});

describe("webhook/review", () => {
  const bad: [string, unknown, RegExp][] = [
    ["nothing", undefined, /AdmissionReview/],
    ["a list", [review()], /AdmissionReview/],
    ["another kind", review({}, { kind: "Pod" }), /AdmissionReview/],
    ["an old version", review({}, { apiVersion: "admission.k8s.io/v1beta1" }), /admission.k8s.io\/v1/],
    ["no request", { ...review(), request: null }, /request.uid/],
    ["no uid", review({ uid: "" }), /request.uid/],
    ["a deletion", review({ operation: "DELETE", object: null }), /DELETE/],
    ["another object's kind", review({ kind: { kind: "Pod" } }), /Deployment, not Pod/],
    [
      "an object of another kind than asked",
      review({ object: { ...object, kind: "Pod" } }),
      /request.object/,
    ],
    ["no object", review({ object: null }), /request.object/],
    ["an object without metadata", review({ object: { kind: "Deployment", spec: {} } }), /request.object/],
    ["a name that is none", review({ object: { ...object, metadata: { name: {} } } }), /metadata.name/],
    ["an update of nothing", review({ oldObject: null }), /oldObject/],
  ];
  for (const [what, body, message] of bad) {
    it(`refuses ${what}`, () => expect(() => readReview(body, ["Deployment"])).to.throw(BadReview, message));
  }

  it("never fails otherwise, whatever it is given", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (body, request) => {
        for (const given of [body, review({}, { request }), review({ object: body })]) {
          try {
            readReview(given, ["Deployment"]);
          } catch (error) {
            expect(error).to.be.instanceOf(BadReview);
          }
        }
      }),
    );
  });

  it("knows no old object on CREATE", () => {
    expect(readReview(review({ operation: "CREATE" }), ["Deployment"]).oldObject).to.equal(null);
  });

  const answer = (verdict: Parameters<typeof writeReview>[1]) =>
    (writeReview(readReview(review(), ["Deployment"]), verdict) as { response: Record<string, unknown> })
      .response;

  it("answers with the patch that makes the object, and with warnings", () => {
    const wanted = { ...object, metadata: { name: "web", labels: { "x/y~z": "2" } }, spec: { replicas: 2 } };
    const response = answer({ allowed: true, object: wanted, warnings: ["w", "serin.dev/steps: s"] });
    expect(response).to.deep.include({ uid: "u1", allowed: true, patchType: "JSONPatch" });
    expect(response.warnings, "who speaks").to.deep.equal(["serin: w", "serin.dev/steps: s"]);
    const operations = JSON.parse(Buffer.from(String(response.patch), "base64").toString()) as Operation[];
    expect(jsonpatch.applyPatch(structuredClone(object), operations).newDocument).to.deep.equal(wanted);
  });

  it("hands decisions to the audit log, shortened, and the reason of every refusal", () => {
    const audit = { rollout: "r", decision: "x".repeat(300) };
    expect(answer({ allowed: true, audit }).auditAnnotations).to.deep.equal({
      rollout: "r",
      decision: "x".repeat(256),
    });
    expect(answer({ allowed: true, audit: {} })).not.to.have.property("auditAnnotations");
    expect(answer({ allowed: false, message: "m" }).auditAnnotations).to.deep.equal({
      decision: "refused: serin: m",
    });
  });

  it("answers a yes without changes without a patch, and a no with its reason", () => {
    expect(answer({ allowed: true, object: structuredClone(object) })).to.deep.equal({
      uid: "u1",
      allowed: true,
    });
    expect(answer({ allowed: false, message: "m" })).to.deep.equal({
      uid: "u1",
      allowed: false,
      status: { code: 403, reason: "Forbidden", message: "serin: m" },
      auditAnnotations: { decision: "refused: serin: m" },
    });
  });

  it("removes a field that is set to undefined", () => {
    const patch = answer({
      allowed: true,
      object: { ...object, spec: { replicas: undefined, gone: true } },
    }).patch;
    expect(JSON.parse(Buffer.from(String(patch), "base64").toString())).to.deep.equal([
      { op: "remove", path: "/spec/replicas" },
    ]);
  });
});
