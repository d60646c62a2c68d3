import { expect } from "chai";
import { doctorCommand } from "../../../../cli/commands/doctor.ts";
import { runLine } from "../../../../cli/frame/run.ts";
import { FakeClock } from "../../../support/clock.ts";
import { kept } from "../frame/streams.ts";

describe("kubectl serin doctor: flags that would do nothing", () => {
  const needs = "--execute, --address, --image, --settle, --turns and -o need --gateway=NAMESPACE/NAME";
  const refused: Record<string, string> = {
    "--execute": needs,
    "--address=http://1.2.3.4": needs,
    "--image=node:24": needs,
    "--settle=2s": needs,
    "--turns=2": needs,
    "-o json": needs,
    "--gateway=edge/gw --execute --counters": "--counters is not for --gateway",
    "--gateway=edge/gw -o json": "-o needs --execute",
  };
  for (const [flags, says] of Object.entries(refused)) {
    it(`are refused: ${flags}`, async () => {
      const streams = kept();
      const code = await runLine([doctorCommand], {
        program: "kubectl serin",
        line: ["doctor", ...flags.split(" ")],
        place: { isTty: false, environment: { KUBECONFIG: "/nowhere" }, platform: "linux" },
        streams,
        clock: new FakeClock(),
        version: "1",
      });
      expect(code).to.equal(1);
      expect(streams.written.error).to.include(`error: ${says}`);
    });
  }
});
