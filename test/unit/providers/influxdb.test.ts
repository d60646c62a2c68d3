import { expect } from "chai";
import { influxdbProvider } from "../../../providers/influxdb.ts";
import { ProviderError } from "../../../providers/provider.ts";
import { at, behavesAsProvider } from "./behaviour.ts";

const time = (ms: number) => new Date(ms).toISOString();
const header = ",result,table,_start,_stop,_time,_value,_field,host";
const row = (table: number, ms: number, value: string) =>
  `,_result,${table},${time(at - 600_000)},${time(at)},${time(ms)},${value},rate,"web, ""one"""`;
const answer = (...lines: readonly string[]) => `${lines.join("\r\n")}\r\n\r\n`;

behavesAsProvider(
  "InfluxDB",
  {
    make: influxdbProvider,
    secret: { org: "my org", token: "influx-t0ken" },
    query: 'from(bucket: "default") |> range(start: -10m)',
    hidden: ["influx-t0ken"],
    answers: {
      value: answer(header, row(0, at - 120_000, "1"), row(0, at - 60_000, "42"), row(0, at, "")),
      several: answer(header, row(0, at, "1"), row(1, at, "2")),
      nothing: "\r\n",
      gaps: answer(header, row(0, at, "")),
      notANumber: answer(header, row(0, at, "NaN")),
      stale: answer(header, row(0, at - 240_000, "42")),
    },
    refusal: JSON.stringify({ code: "unauthorized", message: "no such thing" }),
  },
  (bench) => {
    const failure = async () => {
      const error = await bench.read().catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(ProviderError);
      return String(error);
    };

    it("posts Flux with its token and asks for CSV", async () => {
      bench.answerWith("");
      await bench.read();
      const { method, path, query, headers, body } = bench.server.last();
      expect(`${method} ${path}`).to.equal("POST /api/v2/query");
      expect(Object.fromEntries(query)).to.deep.equal({ org: "my org" });
      expect(headers).to.include({
        authorization: "Token influx-t0ken",
        "content-type": "application/vnd.flux",
        accept: "application/csv",
      });
      expect(body).to.equal('from(bucket: "default") |> range(start: -10m)');
    });

    it("reads an annotated answer", async () => {
      const annotations = [
        "#group,false,false,true,true,false,false,true,true",
        "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string",
        "#default,_result,,,,,,,",
      ];
      bench.answerWith(answer(...annotations, header, row(0, at, "42").replace("_result", "")));
      expect(await bench.read()).to.deep.equal({ kind: "value", value: 42, at });
    });

    it("takes a count for as new as its end", async () => {
      bench.answerWith(answer(",result,table,_start,_stop,_value", `,_result,0,${time(0)},${time(at)},42`));
      expect(await bench.read()).to.deep.equal({ kind: "value", value: 42, at });
    });

    it("reports that two results are several values", async () => {
      bench.answerWith(`${answer(header, row(0, at, "1"))}${answer(header, row(0, at, "2"))}`);
      expect(await bench.read()).to.have.property("kind", "several");
    });

    it("reports an error that comes with status 200", async () => {
      bench.answerWith(answer("error,reference", '"Failed to parse query",897'));
      expect(await failure()).to.contain("fails: Failed to parse query");
    });

    it("does not take a column of that name for an error", async () => {
      bench.answerWith(answer(",result,table,_time,_value,error", `,_result,0,${time(at)},42,timeout`));
      expect(await bench.read()).to.include({ kind: "value", value: 42 });
    });

    it("asks for a column _value", async () => {
      bench.answerWith(answer(",result,table,_time,rate", `,_result,0,${time(at)},42`));
      expect(await failure()).to.contain("without a column _value");
    });
  },
);
