{{/* The documents of a file of deploy/, in this release's namespace, as a list under the key "items". */}}
{{- define "serin.documents" -}}
{{- $text := .root.Files.Get (printf "files/%s.yaml" .file) | replace "serin-system" .root.Release.Namespace -}}
{{- $items := list -}}
{{- range regexSplit "(?m)^---$" $text -1 -}}
{{- $items = append $items (fromYaml .) -}}
{{- end -}}
{{- toYaml (dict "items" $items) -}}
{{- end -}}

{{/* One object as a document, with the labels of all objects. */}}
{{- define "serin.object" -}}
{{- $labels := merge (dict "app.kubernetes.io/name" "serin") (.root.Values.commonLabels | default dict) (.object.metadata.labels | default dict) -}}
{{- $_ := set .object.metadata "labels" $labels }}
---
{{ toYaml .object }}
{{- end -}}

{{- define "serin.image" -}}
{{- with .Values.image -}}
{{- .repository -}}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* Name, labels and annotations of the objects of a hook: `on` is when helm makes them; helm deletes them after a success unless it `stays`. */}}
{{- define "serin.hook" }}
  name: {{ .name }}
  labels: {{ merge (dict "app.kubernetes.io/name" "serin") (.root.Values.commonLabels | default dict) | toJson }}
  annotations:
    helm.sh/hook: {{ .on }}
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: before-hook-creation{{ if not .stays }},hook-succeeded{{ end }}
{{- end }}

{{/*
The pod of a hook: Serin's image with these arguments, as the account of the hook's name, where the controller may run. A
hook without a node would keep helm waiting. The rest of the controller's affinity speaks of its own pods.
*/}}
{{- define "serin.hookPod" -}}
spec:
  restartPolicy: Never
  serviceAccountName: {{ .name }}
  automountServiceAccountToken: true
  {{- $controller := .root.Values.controller }}
  {{- range $field := list "priorityClassName" "nodeSelector" "tolerations" }}
  {{- with index $controller $field }}
  {{ $field }}: {{ toJson . }}
  {{- end }}
  {{- end }}
  {{- with ($controller.affinity | default dict).nodeAffinity }}
  affinity: {{ dict "nodeAffinity" . | toJson }}
  {{- end }}
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets: {{ toJson . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: {{ trimPrefix "serin-" .name }}
      image: {{ include "serin.image" .root }}
      {{- with .root.Values.image.pullPolicy }}
      imagePullPolicy: {{ . }}
      {{- end }}
      args: {{ toJson .args }}
      resources:
        requests:
          cpu: 50m
          memory: 128Mi
        limits:
          memory: 384Mi
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
{{- end }}
