{{/*
A Deployment of deploy/ with the values of its program. `.set` has flags that stand there already, with other values, and `.more`
the arguments to add.
*/}}
{{- define "serin.deployment" -}}
{{- $root := .root -}}
{{- $values := .values -}}
{{- $set := .set -}}
{{- $deployment := .object -}}
{{- $pod := $deployment.spec.template.spec -}}
{{- $container := index $pod.containers 0 -}}
{{- $_ := set $deployment.spec "replicas" (int $values.replicas) -}}
{{- $_ := set $container "image" (include "serin.image" $root) -}}
{{- with $root.Values.image.pullPolicy }}{{ $_ := set $container "imagePullPolicy" . }}{{ end -}}
{{- with $root.Values.imagePullSecrets }}{{ $_ := set $pod "imagePullSecrets" . }}{{ end -}}
{{- with $values.resources }}{{ $_ := set $container "resources" . }}{{ end -}}
{{- /* Without a selector, a constraint would count no pod. */ -}}
{{- range $values.topologySpreadConstraints -}}
{{- if not (hasKey . "labelSelector") }}{{ $_ := set . "labelSelector" $deployment.spec.selector }}{{ end -}}
{{- end -}}
{{- range $field := list "priorityClassName" "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" -}}
{{- with index $values $field }}{{ $_ := set $pod $field . }}{{ end -}}
{{- end -}}
{{- with $values.podAnnotations }}{{ $_ := set $deployment.spec.template.metadata "annotations" . }}{{ end -}}
{{- $args := list -}}
{{- range $container.args -}}
{{- $flag := first (splitList "=" .) -}}
{{- $args = append $args (hasKey $set $flag | ternary (printf "%s=%v" $flag (get $set $flag)) .) -}}
{{- end -}}
{{- $args = concat $args .more -}}
{{- if ne $values.logLevel "info" }}{{ $args = append $args (printf "--log-level=%s" $values.logLevel) }}{{ end -}}
{{- with $root.Values.prometheus -}}
{{- if and .secret (hasKey $set "--prometheus") -}}
{{- $args = append $args (printf "--prometheus-%s-file=/etc/serin/prometheus/%s" .key .key) -}}
{{- $_ := set $pod "volumes" (list (dict "name" "prometheus" "secret" (dict "secretName" .secret "defaultMode" 292))) -}}
{{- $_ := set $container "volumeMounts" (list (dict "name" "prometheus" "mountPath" "/etc/serin/prometheus" "readOnly" true)) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $container "args" (concat $args $values.extraArgs) -}}
{{- include "serin.object" (dict "root" $root "object" $deployment) -}}
{{- end -}}
