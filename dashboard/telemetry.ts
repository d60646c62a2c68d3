import { Counter, Gauge, type Registry } from "@prometheus-io/client";

/** Counts the dashboard's answers, and its open streams. Returns what counts an answer. */
export function dashboardTelemetry(
  registry: Registry,
  streams: () => number,
): (path: string, status: number) => void {
  const registers = [registry];
  const answers = new Counter({
    name: "serin_dashboard_answers_total",
    help: "Answers of the dashboard, by path without names and by status.",
    labelNames: ["path", "code"],
    registers,
  });
  new Gauge({
    name: "serin_dashboard_streams",
    help: "Streams of changes that are open.",
    registers,
    collect() {
      this.set(streams());
    },
  });
  return (path, status) => answers.inc({ path, code: String(status) });
}
