# shellcheck shell=bash
# What the faults of scripts/chaos-test.sh need: load with its figures, the state of pods, undoing, the report. Needs
# scripts/lib/deployment.sh and the thresholds that scripts/chaos-test.sh sets.
: "${RESULTS_FOLDER:?}" "${LOAD_WORKERS:?}" "${LOAD_DELAY:?}" "${LOAD_TIMEOUT:?}" "${MANIFESTS:?}"
: "${PROBES:?}" "${STEADY_P99_MS:?}" "${scratch?}" "${started?}" "${image_tag?}"

readonly SELECTOR_RECORD=dashly.dev/chaos-selector
readonly CHAOS_KINDS=jobs,deployments,services,networkpolicies,serviceaccounts

# --- undoing -------------------------------------------------------------------------------------------------------

# Takes back everything a fault has put into the cluster, also what a killed run left: Services select their own pods again,
# then the proxies and the load go. The Service remembers its selector, so nothing has to be known here.
undo_faults() {
  local found patches service patch
  found=$(kube get "$CHAOS_KINDS" --output json) || fail "step undo: cannot look for leftovers; look at the message above"
  patches=$(jq -r --arg record "$SELECTOR_RECORD" '
    .items[] | select(.kind == "Service" and .metadata.annotations[$record] != null)
    | (.metadata.annotations[$record] | fromjson) as $old
    | .metadata.name, ({metadata: {annotations: {($record): null}},
        spec: {selector: ((.spec.selector | map_values(null)) + $old)}} | tojson)' <<<"$found")
  while read -r service && read -r patch; do
    say "step undo: Service $service selects its own pods again"
    kube patch service "$service" --type merge --patch "$patch" >&2 || fail "step undo: cannot repair Service $service; repeat it"
  done <<<"$patches"
  [[ $(jq '[.items[] | select(.metadata.labels["dashly.dev/chaos"] == "true")] | length' <<<"$found") != 0 ]] || return 0
  say "step undo: proxies and load are removed"
  kube delete "$CHAOS_KINDS" --selector dashly.dev/chaos=true --wait=true >&2 || fail "step undo: cannot remove them; repeat it"
}

# --- manifests -----------------------------------------------------------------------------------------------------

# set_env NAME=VALUE…: of the manifests on standard input.
set_env() {
  awk -v pairs="$*" '
    BEGIN { for (count = split(pairs, pair, " "); count > 0; count--) { split(pair[count], part, "="); value[part[1]] = part[2] } }
    (name in value) && /^ *value:/ { sub(/value:.*/, "value: \"" value[name] "\"") }
    { name = ($1 == "-" && $2 == "name:") ? $3 : ""; print }'
}

# Load and proxies run the image that stable runs.
find_image() {
  local image
  image=$(read_object deployment api | jq -r '.spec.template.spec.containers[0].image // ""') || exit 1
  [[ -n $image ]] || fail "there is no Deployment api in $NAMESPACE; first run scripts/deploy-minikube.sh"
  image_tag=${image##*:}
  IMAGE_REGISTRY=${image%dashly-api:*}
  IMAGE_REGISTRY=${IMAGE_REGISTRY%/}
}

# --- pods ----------------------------------------------------------------------------------------------------------

# read_pods APP: its stable pods, one a line: uid, name, whether it is ready and does not end, restarts, whether it ends.
read_pods() {
  kube get pods --selector "app=$1" --output json | jq -r '
    .items[] | select(.metadata.labels.version != "canary")
    | [ .metadata.uid, .metadata.name,
        (.metadata.deletionTimestamp == null and any(.status.conditions[]?; .type == "Ready" and .status == "True")),
        ([.status.containerStatuses[]?.restartCount] | add // 0), .metadata.deletionTimestamp != null ] | @tsv' \
    || fail "cannot read the pods of $1; look at the message above"
}

# count_ready PODS [UID]: those that are ready, without the one of this uid.
count_ready() {
  awk -F '\t' -v without="${2:-}" '$3 == "true" && $1 != without { ready++ } END { print ready + 0 }' <<<"$1"
}

count_restarts() {
  awk -F '\t' -v without="${2:-}" '$1 != without { restarts += $4 } END { print restarts + 0 }' <<<"$1"
}

# --- load ----------------------------------------------------------------------------------------------------------
# Of the API: `dashly load-test` in a pod, through the Service, with a count of rows. Of the gateway, which that program does
# not know: requests to its Service through the API server, one after the other.
# Figures are JSON: requests, failed, per_second (of the API), p50_ms, p99_ms, lost (rows; null where they were not counted).

# Its pod goes with it, which would else count as that of the next load for a moment.
remove_load() {
  kube delete job chaos-load --ignore-not-found --cascade=foreground --wait=true >&2 \
    || fail "step load: cannot remove it; look at the message above"
}

# start_load SERVICE ITERATIONS
start_load() {
  probes=()
  [[ $1 == api ]] || return 0
  remove_load
  render "$MANIFESTS/chaos/load" "$image_tag" | set_env "LOAD_WORKERS=$LOAD_WORKERS" "LOAD_ITERATIONS=$2" \
    "LOAD_DELAY=$LOAD_DELAY" "LOAD_RECONNECT=${LOAD_RECONNECT:-false}" >"$scratch/load.yaml"
  apply_objects "$scratch/load.yaml" "step load"
  wait_for_load load_is_ready || fail "step load: it does not start within $LOAD_TIMEOUT s; look at: $KUBECTL -n $NAMESPACE" \
    "describe job chaos-load"
}

# By its pod: the status of a Job tells of ready pods only since Kubernetes 1.24.
load_is_ready() {
  local pods
  pods=$(read_pods chaos-load) || exit 1
  (($(count_ready "$pods") > 0))
}

# wait_for_load COMMAND: until it succeeds, or the load has ended.
wait_for_load() {
  local deadline=$((SECONDS + LOAD_TIMEOUT))
  while ((SECONDS < deadline)); do
    if ! load_runs api || "$1"; then
      return 0
    fi
    sleep "${POLL_SECONDS:-1}"
  done
  return 1
}

load_runs() {
  local load
  [[ $1 == api ]] || return 0
  load=$(read_object job chaos-load) || exit 1
  [[ $(jq '(.status.succeeded // 0) + (.status.failed // 0)' <<<"$load") == 0 ]]
}

# One request to the gateway. What it took goes to `probes`, in milliseconds; a failed one as "failed".
probe() {
  [[ $1 == genai-gateway ]] || return 0
  local begin=${EPOCHREALTIME/[.,]/}
  if kube get --raw "/api/v1/namespaces/$NAMESPACE/services/genai-gateway:http/proxy/health/live" >/dev/null 2>&1; then
    probes+=($(((${EPOCHREALTIME/[.,]/} - begin) / 1000)))
  else
    probes+=(failed)
  fi
}

# end_load SERVICE: waits for it and prints its figures.
end_load() {
  if [[ $1 == genai-gateway ]]; then
    while ((${#probes[@]} < PROBES)); do probe "$1"; done
    printf '%s\n' "${probes[@]}" | jq --raw-input --null-input '
      [inputs] | map(select(. != "failed") | tonumber) as $times | ($times | sort) as $sorted
      | {requests: length, failed: (length - ($times | length)), p50_ms: $sorted[($times | length) * 0.5 | floor],
         p99_ms: $sorted[($times | length) * 0.99 | floor], lost: null}'
    return
  fi
  wait_for_load false || fail "step load: it does not end within $LOAD_TIMEOUT s (LOAD_TIMEOUT)"
  local log
  log=$(kube logs job/chaos-load) || fail "step load: cannot read its log; look at the message above"
  # A lost row is one that was acknowledged and is not stored. Other visitors may have stored more.
  sed -n '/^{/,$p' <<<"$log" | jq --exit-status '{requests: .total.requests, failed: .total.failed,
    per_second: .requests_per_second, p50_ms: (.total.latency.p50_us / 1000), p99_ms: (.total.latency.p99_us / 1000),
    lost: (if .rows.status == "made"
           then [.rows.differences[] | .acknowledged - .stored | select(. > 0)] | add // 0 else null end)}' 2>/dev/null \
    || fail "step load: it reports nothing; the end of its log: $(tail -n 1 <<<"$log")"
}

# --- checks and the report -----------------------------------------------------------------------------------------

# Each check is one line of JSON, whose `good` says whether it holds.
note_check() {
  checks+=("$1")
  say "  $2"
}

# check_figures FIGURES JQ: adds the checks that JQ makes of the figures by `check(name; whether it holds)`. What was not
# measured does not hold.
check_figures() {
  local line text
  while read -r line && read -r text; do
    note_check "$line" "$text"
  done < <(jq -r '
    def check($name; good): {name: $name, good: (good == true)}
      | tojson, (if .good then "holds" else "DOES NOT HOLD" end) + ": " + .name;
    '"$2" <<<"$1")
}

# check_that NAME COMMAND…
check_that() {
  local name=$1
  shift
  if "$@"; then
    note_check "{\"name\":\"$name\",\"good\":true}" "holds: $name"
  else
    note_check "{\"name\":\"$name\",\"good\":false}" "DOES NOT HOLD: $name"
  fi
}

# check_steady PHASE FIGURES: the steady state, the same before and after.
check_steady() {
  check_figures "$2" '
    check("'"$1"': no request failed (\(.failed) of \(.requests))"; .failed == 0 and .requests > 0),
    check("'"$1"': 99 of 100 answers within '"$STEADY_P99_MS"' ms (\(.p99_ms) ms)";
      .p99_ms != null and .p99_ms <= '"$STEADY_P99_MS"'),
    check("'"$1"': every acknowledged row is stored"; .lost == null or .lost == 0)'
}

all_hold() {
  ((${#checks[@]} > 0)) && [[ ${checks[*]} != *'"good":false'* ]]
}

# add_to_report FAULT SERVICE VERDICT: with the checks so far, and the figures of the loads.
add_to_report() {
  entries+=("$(printf '%s\n' "${checks[@]}" | jq --slurp --arg fault "$1" --arg service "$2" --arg verdict "$3" \
    --argjson before "${before:-null}" --argjson during "${during:-null}" --argjson after "${after:-null}" \
    '{fault: $fault, service: $service, verdict: $verdict, checks: ., load: {before: $before, during: $during, after: $after}}')")
}

# write_report VERDICT: pass, fail or unfinished; the last report is replaced as a whole.
write_report() {
  mkdir -p "$RESULTS_FOLDER"
  printf '%s\n' "${entries[@]}" | jq --slurp --arg verdict "$1" --arg namespace "$NAMESPACE" --arg tag "$image_tag" \
    --arg started "$started" '{verdict: $verdict, started: $started, namespace: $namespace, tag: $tag, faults: .}' \
    >"$RESULTS_FOLDER/report.json.new"
  mv "$RESULTS_FOLDER/report.json.new" "$RESULTS_FOLDER/report.json"
  print_report text >"$RESULTS_FOLDER/report.txt"
}

# print_report text|json
print_report() {
  [[ -e $RESULTS_FOLDER/report.json ]] || fail "there is no report in $RESULTS_FOLDER yet"
  if [[ $1 == json ]]; then
    cat "$RESULTS_FOLDER/report.json"
    return
  fi
  jq -r '
    def load($name): if . == null then empty else
      "    load \($name): \(.requests) requests, \(.failed) failed, half within \(.p50_ms) ms, 99 of 100 within \(.p99_ms) ms"
      + (if .lost == null then "" else ", \(.lost) acknowledged rows lost" end) end;
    "\(.verdict | ascii_upcase): namespace \(.namespace), version \(.tag), started \(.started)",
    (.faults[] | "  \(.fault) of \(.service): \(.verdict)",
      (.load.before | load("before")), (.load.during | load("during")), (.load.after | load("after")),
      (.checks[] | "    \(if .good then "holds" else "DOES NOT HOLD" end): \(.name)"))' "$RESULTS_FOLDER/report.json"
}
