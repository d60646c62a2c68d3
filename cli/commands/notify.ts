import { readNotifications, readReceiverNames } from "../../notices/read-notifications.ts";
import { nearest } from "../../rollout/text/suggest.ts";
import { defineCommand } from "../frame/command.ts";
import { exitCode } from "../frame/exit-code.ts";
import { UsageError } from "../frame/failure.ts";
import { receiversTable } from "../notify/receivers-table.ts";
import { homeOfSerin } from "../reading/serin.ts";

export const notifyCommand = defineCommand({
  name: "notify",
  group: "Installation",
  about: "Shows the receivers of notices, or sends one of them a test notice.",
  more: "list needs your right to read the ConfigMap serin-notifications, test also that for the Secret of this name; the request goes out from here. The exit code is 3 if something is not valid, or if the receiver does not take the notice.",
  arguments: {
    name: "ACTION",
    about: "list, or test and the name of a receiver.",
    count: "some",
    complete: ["list", "test"],
    completeSecond: { test: "receivers" },
  },
  flags: {},
  examples: [
    ["notify list", "Which receivers there are, and what is wrong with the configuration"],
    ["notify test team-shop", "Whether the receiver takes a notice"],
  ],
  async run({ args: [verb, name, ...rest], terminal, clock, cluster }) {
    const isTest = verb === "test" && name !== undefined && rest.length === 0;
    if (!isTest && (verb !== "list" || name !== undefined))
      throw new UsageError('use "notify list" or "notify test RECEIVER"');
    const { kube } = await cluster();
    const place = { kube, namespace: await homeOfSerin(kube) };
    const configuration = isTest ? await readNotifications(place) : await readReceiverNames(place);
    const { receivers, complaints } = configuration;
    if (!isTest) {
      if (receivers.length === 0)
        terminal.say(`No receivers: the ConfigMap serin-notifications in ${place.namespace} has none`);
      else for (const line of receiversTable(configuration)) terminal.say(line);
      for (const complaint of complaints) terminal.say(`${terminal.sign("bad")} ${complaint}`);
      return complaints.length > 0 ? exitCode.fault : exitCode.done;
    }
    const receiver = receivers.find((one) => one.name === name);
    if (receiver === undefined) {
      const about = complaints.filter((complaint) => complaint.includes(`.${name}`));
      if (about.length > 0) throw new UsageError(about.join("\n"));
      const names = receivers.map((one) => one.name);
      const meant = nearest(name, names);
      const use =
        meant === undefined
          ? names.length > 0
            ? `: use one of ${names.join(", ")}`
            : `: the ConfigMap serin-notifications in ${place.namespace} has no receivers`
          : `; did you mean ${meant}?`;
      throw new UsageError(`unknown receiver ${name}${use}`);
    }
    // It loads the HTTP client.
    const { tryReceiver } = await import("../notify/try-receiver.ts");
    const receipt = await tryReceiver(receiver, configuration, clock);
    if (receipt.kind === "taken") {
      terminal.say(`${terminal.sign("good")} ${name} (${receiver.type}) took the test notice`);
      return exitCode.done;
    }
    terminal.say(
      `${terminal.sign("bad")} ${name} (${receiver.type}) did not take the test notice: ${receipt.reason}`,
    );
    return exitCode.fault;
  },
});
