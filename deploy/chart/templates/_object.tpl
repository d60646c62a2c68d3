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
{{- $labels := merge (dict "app.kubernetes.io/name" "serin") .root.Values.commonLabels (.object.metadata.labels | default dict) -}}
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

{{/* Name, labels and annotations of the objects that clean up before an uninstall. */}}
{{- define "serin.cleanupHook" }}
  name: serin-cleanup
  labels:
    app.kubernetes.io/name: serin
    {{- with .root.Values.commonLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  annotations:
    helm.sh/hook: pre-delete
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
