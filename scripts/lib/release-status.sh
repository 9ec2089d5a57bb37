# shellcheck shell=bash
# What runs, what gets the traffic, and what ran before. Needs scripts/lib/deployment.sh.

# A pod that ends or is not ready gets no traffic from a Service, so it is not counted as ready.
# shellcheck disable=SC2016 # the dollars are jq's
readonly STATUS_PROGRAM='
  def tag: (. // "") | if . == "" then null else sub("^.*/"; "") | if test(":") then sub("^[^:]*:"; "") else . end end;
  def ready: .metadata.deletionTimestamp == null
    and any(.status.conditions[]?; .type == "Ready" and .status == "True");
  def restarts: [.status.containerStatuses[]?.restartCount] | add // 0;
  .items as $all
  | [ $ARGS.positional[] as $service
      | ($all | map(select(.kind == "Deployment"))) as $deployments
      | ($all | map(select(.kind == "Pod" and .metadata.labels.app == $service))) as $pods
      | ($deployments | map(select(.metadata.name == $service)) | first) as $stable
      | ($deployments | map(select(.metadata.name == $service + "-canary")) | first) as $canary
      | def side($deployment; $version):
          ($pods | map(select(.metadata.labels.version == $version))) as $mine
          | if $deployment == null and ($mine | length) == 0 then null else
            { tag: ($deployment.spec.template.spec.containers[0].image | tag),
              desired: ($deployment.spec.replicas // 0),
              ready: ($mine | map(select(ready)) | length),
              terminating: ($mine | map(select(.metadata.deletionTimestamp != null)) | length),
              not_ready: ($mine | map(select(.metadata.deletionTimestamp == null and (ready | not))) | length),
              restarts: ($mine | map(restarts) | add // 0) } end;
        side($stable; "stable") as $stable_side
      | side($canary; "canary") as $canary_side
      | (($stable_side.ready // 0) + ($canary_side.ready // 0)) as $total
      | ($stable.metadata.annotations["dashly.dev/previous-image"] | tag) as $previous
      | { service: $service, stable: $stable_side, canary: $canary_side,
          canary_percent: (if $total == 0 then null else (($canary_side.ready // 0) * 1000 / $total | round) / 10 end),
          previous_tag: (if $previous == $stable_side.tag then null else $previous end) } ]'

# shellcheck disable=SC2016 # the dollars are jq's
readonly STATUS_TABLE='
  def side($name): if . == null then "  \($name): none" else
    "  \($name): \(.tag // "no Deployment"), \(.ready) of \(.desired) ready"
    + (if .not_ready > 0 then ", \(.not_ready) not ready" else "" end)
    + (if .terminating > 0 then ", \(.terminating) ending" else "" end)
    + (if .restarts > 0 then ", \(.restarts) restarts" else "" end) end;
  .[] | .service,
    (.stable | side("stable")),
    (.canary | side("canary")),
    "  new connections to the canary: " + (if .canary_percent == null then "no pod is ready" else "\(.canary_percent) %" end),
    "  previous: \(.previous_tag // "not recorded")"'

# print_status SERVICE…: a table, or JSON with --json.
print_status() {
  local objects
  # shellcheck disable=SC2016 # the dollar is jq's
  local output='{namespace: $namespace, services: .}'
  [[ ${as_json:-false} == true ]] || output=$STATUS_TABLE
  namespace_exists || say "there is no namespace $NAMESPACE yet; scripts/deploy-minikube.sh deploy makes it"
  objects=$(kube get deployments,pods --output json) || fail "cannot read what runs in $NAMESPACE; look at the message above"
  jq -r --arg namespace "$NAMESPACE" "$STATUS_PROGRAM | $output" --args "$@" <<<"$objects"
}
