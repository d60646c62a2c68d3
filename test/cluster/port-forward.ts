const connect =
  "const s = require('net').connect(3100, '127.0.0.1'); process.stdin.pipe(s).pipe(process.stdout)";

/**
 * What KWOK does for `kubectl port-forward` to the dashboard, as a document of its configuration: it connects to the
 * loopback address in the pod's network namespace, as a kubelet does. The pod is found by its process.
 */
export const portForward = {
  apiVersion: "kwok.x-k8s.io/v1alpha1",
  kind: "ClusterPortForward",
  metadata: { name: "dashboard" },
  spec: {
    selector: { matchNamespaces: ["serin-system"] },
    forwards: [
      {
        ports: [3100],
        command: [
          "sh",
          "-c",
          `exec nsenter --net="/proc/$(pgrep -of '[d]ashboard/main.ts')/ns/net" "${process.execPath}" -e "${connect}"`,
        ],
      },
    ],
  },
};
