import { expect } from "chai";
import { controllerProgram } from "../../../flags/controller.ts";
import { dashboardProgram } from "../../../flags/dashboard.ts";
import { type Flags, type Program, parseFlags } from "../../../flags/program.ts";
import { webhookProgram } from "../../../flags/webhook.ts";

class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** How a command line ends that runs no program. */
function endOf(program: Program<Flags>, args: readonly string[]) {
  const written = { out: "", error: "" };
  const output = {
    out: (text: string) => {
      written.out += text;
    },
    error: (text: string) => {
      written.error += text;
    },
  };
  const exit = (code: number): never => {
    throw new Exit(code);
  };
  try {
    parseFlags(program, args, exit, output);
  } catch (error) {
    if (error instanceof Exit) return { code: error.code, ...written };
    throw error;
  }
  return { code: undefined, ...written };
}
const never = (): never => expect.fail("the program must run");

describe("flags", () => {
  it("have values without a command line", () => {
    const values = parseFlags(controllerProgram, [], never);
    expect(values).to.deep.equal({
      host: "0.0.0.0",
      "probe-port": 8444,
      "metrics-port": 8080,
      "metric-labels": "deployment",
      "flagger-metrics": false,
      namespace: "serin-system",
      identity: undefined,
      prometheus: "http://prometheus.monitoring:9090",
      "prometheus-token-file": undefined,
      "prometheus-basic-auth-file": undefined,
      provider: [],
      "provider-identity": false,
      "template-namespace": [],
      "hook-host": [],
      "log-level": "info",
    });
  });

  it("are written with = or a space, and lists are repeated", () => {
    const args = ["--port=9000", "--hook-host", "a.test", "--hook-host=*", "--log-level", "debug"];
    const values = parseFlags(webhookProgram, args, never);
    expect(values).to.include({ port: 9000, "log-level": "debug" });
    expect(values["hook-host"]).to.deep.equal(["a.test", "*"]);
  });

  it("have --source as an older name of --provider", () => {
    const values = parseFlags(controllerProgram, ["--source=a", "--provider=b", "--source", "c"], never);
    expect(values.provider).to.deep.equal(["a", "b", "c"]);
  });

  it("take blocks of both families, and headers in lower case", () => {
    const args = [
      "--trust-proxy-cidr=10.8.0.0/16",
      "--trust-proxy-cidr=fd00::/8",
      "--user-header=X-Forwarded-User",
    ];
    expect(parseFlags(dashboardProgram, args, never)).to.deep.include({
      "trust-proxy-cidr": ["10.8.0.0/16", "fd00::/8"],
      "user-header": "x-forwarded-user",
    });
  });

  const wrong: readonly (readonly [Program<Flags>, string, string])[] = [
    [webhookProgram, "--port=x", 'error: --port: invalid value "x": use a port from 1 to 65535'],
    [webhookProgram, "--port=65536", 'error: --port: invalid value "65536": use a port from 1 to 65535'],
    [controllerProgram, "--probe-port=", 'error: --probe-port: invalid value "": use a port from 1 to 65535'],
    [
      controllerProgram,
      "--prometheus=prometheus:9090",
      'error: --prometheus: invalid value "prometheus:9090": use an http or https URL without credentials',
    ],
    ...[webhookProgram, controllerProgram].flatMap((program) =>
      ["default", "kube-system"].map((shared) => {
        const what = `error: --namespace: invalid value "${shared}": use a namespace that is Serin's alone`;
        return [program, `--namespace=${shared}`, what] as const;
      }),
    ),
    [controllerProgram, "--log-level=loud", 'error: --log-level: invalid value "loud": use one of trace'],
    [
      controllerProgram,
      "--metric-labels=pod",
      'error: --metric-labels: invalid value "pod": use one of deployment, namespace',
    ],
    [controllerProgram, "--provder=a", "error: unknown option '--provder=a'\n(Did you mean --provider?)"],
    [
      dashboardProgram,
      "--trust-proxy-cidr=10.0.0.0/33",
      'error: --trust-proxy-cidr: invalid value "10.0.0.0/33": use a block of addresses such as 10.0.0.0/8',
    ],
    [
      dashboardProgram,
      "--trust-proxy-cidr=10.0.0.1",
      'error: --trust-proxy-cidr: invalid value "10.0.0.1": use a block of addresses such as 10.0.0.0/8',
    ],
    [
      dashboardProgram,
      "--user-header=X User",
      'error: --user-header: invalid value "X User": use the name of a header',
    ],
    [webhookProgram, "extra", "error: too many arguments"],
  ];
  for (const [program, arg, message] of wrong) {
    it(`end ${program.command} with exit code 2 for ${arg}`, () => {
      const { code, error, out } = endOf(program, [arg]);
      expect({ code, out }).to.deep.equal({ code: 2, out: "" });
      expect(error).to.contain(message);
    });
  }

  for (const program of [webhookProgram, controllerProgram, dashboardProgram]) {
    it(`are printed by ${program.command} --help`, () => {
      const { code, out } = endOf(program, ["--help"]);
      expect(code).to.equal(0);
      for (const name of Object.keys(program.flags)) expect(out).to.contain(`--${name}`);
    });
  }
});
