#!/usr/bin/env bash
# Injects a fault into a running installation, under load, and says whether the steady state came back. docs/chaos.md
#
# Usage: scripts/chaos-test.sh VERB [OPTION…]
#
# Verbs:
#   pod-kill     delete one stable pod at once, without its grace period
#   latency      delay every request, by proxies that the Service selects for a while
#   db-restart   delete the pod of PostgreSQL
#   all          these, one after the other
#   report       the last report; its exit status is that of the run
#   cleanup      undo what a killed run left; every run does this first
#
# Options:
#   --service api|genai-gateway|both   default: api; db-restart is only known for the API
#   --namespace NAME    default: dashly
#   --context NAME      context of KUBECONFIG
#   --delay-ms MS       what latency adds to each request (200)
#   --json              report as JSON
#   --help
#
# A fault passes when all of this holds; the numbers are settings (environment):
#   before, after   no request fails, 99 of 100 answers come within STEADY_P99_MS (1000), every acknowledged row is stored.
#                   Where that does not hold before, nothing is injected.
#   pod-kill        at most MAX_FAILED_PERCENT (5) of the requests fail; another pod is ready within RECOVERY_TIMEOUT (120 s)
#   latency         the delay is seen; at most MAX_FAILED_PERCENT fail; no pod restarts or stops being ready
#   db-restart      a new pod is ready within RECOVERY_TIMEOUT; every acknowledged row is stored; no pod of the API restarts.
#                   Requests may fail while there is no database: how many is reported.
# The load is `dashly load-test` in a pod (LOAD_WORKERS 10, LOAD_DELAY 100 ms, LOAD_ITERATIONS 100 before and after,
# FAULT_ITERATIONS 600 during the fault, LOAD_TIMEOUT 900 s). The gateway gets PROBES (100) requests through the API server.
#
# Environment: KUBECONFIG; KUBECTL (kubectl); NAMESPACE; MANIFESTS (k8s); RESULTS_FOLDER (chaos-results).
# What a fault changes is undone at the end, also on Ctrl-C; after kill -9 by the next run.
# Exit status: 0 pass, 1 fail, 2 wrong use.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
scripts=$(dirname "$self")
project=$(dirname "$scripts")
program=chaos-test
usage_line='scripts/chaos-test.sh pod-kill|latency|db-restart|all|report|cleanup [OPTION…]'
# shellcheck source=scripts/lib/deployment.sh
source "$scripts/lib/deployment.sh"
RESULTS_FOLDER=${RESULTS_FOLDER:-chaos-results}
STEADY_P99_MS=${STEADY_P99_MS:-1000}
MAX_FAILED_PERCENT=${MAX_FAILED_PERCENT:-5}
RECOVERY_TIMEOUT=${RECOVERY_TIMEOUT:-120}
LOAD_WORKERS=${LOAD_WORKERS:-10}
LOAD_DELAY=${LOAD_DELAY:-100}
LOAD_ITERATIONS=${LOAD_ITERATIONS:-100}
FAULT_ITERATIONS=${FAULT_ITERATIONS:-600}
LOAD_TIMEOUT=${LOAD_TIMEOUT:-900}
PROBES=${PROBES:-100}
verb=''
services=(api)
delay_ms=200
report_form=text
image_tag=''
started=''
entries=()
checks=()
probes=()
# shellcheck source=scripts/lib/chaos.sh
source "$scripts/lib/chaos.sh"

parse_arguments() {
  (($# > 0)) || misuse "say what to do"
  if [[ $1 != -* ]]; then
    verb=$1
    shift
  fi
  while (($# > 0)); do
    case $1 in
      --service | --namespace | --context | --delay-ms) (($# > 1)) || misuse "$1 needs a value" ;;
    esac
    case $1 in
      --service)
        case $2 in
          api | genai-gateway) services=("$2") ;;
          both) services=(api genai-gateway) ;;
          *) misuse "--service: $2 is none of api, genai-gateway, both" ;;
        esac
        shift
        ;;
      --namespace) NAMESPACE=$2 && shift ;;
      --context) context=$2 && shift ;;
      --delay-ms) delay_ms=$2 && shift ;;
      --json) report_form=json ;;
      --help | -h)
        print_help "$self"
        exit 0
        ;;
      *) misuse "unknown option $1" ;;
    esac
    shift
  done
  [[ $delay_ms =~ ^[1-9][0-9]{1,3}$ ]] || misuse "--delay-ms: whole milliseconds from 10 to 9999"
  case $verb in
    pod-kill | latency | db-restart | all | report | cleanup) ;;
    '') misuse "say what to do" ;;
    *) misuse "unknown verb $verb" ;;
  esac
  [[ $verb != db-restart || ${services[*]} == api ]] || misuse "db-restart is only known for --service api"
}

# --- the faults: each sets `during`, and adds to the checks --------------------------------------------------------

# await_new_pod APP UID READY: until as many pods as before are ready without the one that was deleted.
await_new_pod() {
  local deadline=$((SECONDS + RECOVERY_TIMEOUT)) pods
  while ((SECONDS < deadline)); do
    probe "$service"
    pods=$(read_pods "$1") || exit 1
    if (($(count_ready "$pods" "$2") >= $3)) && ! grep -qF "$2" <<<"$pods"; then
      return 0
    fi
    sleep "${POLL_SECONDS:-1}"
  done
  return 1
}

# delete_pod APP OPTION…: deletes its first ready pod and waits for another one. The load must last until then.
delete_pod() {
  local app=$1 pods uid name ready
  shift
  pods=$(read_pods "$app") || exit 1
  ready=$(count_ready "$pods")
  IFS=$'\t' read -r uid name < <(awk -F '\t' '$3 == "true" { print $1 "\t" $2; exit }' <<<"$pods") \
    || fail "$app has no ready pod"
  start_load "$service" "$FAULT_ITERATIONS"
  say "  fault: pod $name is deleted"
  kube delete pod "$name" --wait=false "$@" >&2 || fail "step fault: cannot delete pod $name"
  check_that "during: $ready pods of $app are ready again within $RECOVERY_TIMEOUT s, without $name" \
    await_new_pod "$app" "$uid" "$ready"
  check_that "during: the load lasted longer than the fault (FAULT_ITERATIONS)" load_runs "$service"
  during=$(end_load "$service") || exit 1
}

check_failed_share() {
  check_figures "$during" '
    check("during: at most '"$MAX_FAILED_PERCENT"' % of the requests failed (\(.failed) of \(.requests))";
      .requests > 0 and .failed * 100 <= .requests * '"$MAX_FAILED_PERCENT"')'
}

check_lost() {
  check_figures "$during" 'check("during: every acknowledged row is stored"; .lost == null or .lost == 0)'
}

fault_pod-kill() {
  delete_pod "$service" --grace-period=0 --force
  check_failed_share
  check_lost
}

fault_db-restart() {
  local pods restarts
  pods=$(read_pods api) || exit 1
  restarts=$(count_restarts "$pods")
  delete_pod postgres
  check_lost
  pods=$(read_pods api) || exit 1
  check_that "during: no pod of the API restarted" test "$(count_restarts "$pods")" = "$restarts"
}

fault_latency() {
  local pods restarts ready selector patch
  pods=$(read_pods "$service") || exit 1
  restarts=$(count_restarts "$pods") ready=$(count_ready "$pods")
  render "$MANIFESTS/chaos/latency" "$image_tag" | set_env "EDGE_DELAY_MS=$delay_ms" >"$scratch/latency.yaml"
  apply_objects "$scratch/latency.yaml" "step fault"
  wait_for_rollout "deployment/chaos-proxy-$service" || fail "step fault: the proxies are not ready; $(look_at_pods "chaos-proxy-$service")"
  selector=$(read_object service "$service" | jq -c '.spec.selector // {}') || exit 1
  [[ $selector != '{}' ]] || fail "there is no Service $service in $NAMESPACE"
  # One call that switches and records what it was: no kill can come in between.
  patch=$(jq -nc --arg record "$SELECTOR_RECORD" --argjson old "$selector" --arg proxy "chaos-proxy-$service" '
    {metadata: {annotations: {($record): ($old | tojson)}}, spec: {selector: (($old | map_values(null)) + {app: $proxy})}}')
  say "  fault: the Service $service selects proxies that wait for $delay_ms ms"
  kube patch service "$service" --type merge --patch "$patch" >&2 || fail "step fault: cannot switch Service $service"
  start_load "$service" "$FAULT_ITERATIONS"
  during=$(end_load "$service") || exit 1
  check_figures "$during" '
    check("during: the delay is seen: half of the answers took '"$delay_ms"' ms or more (\(.p50_ms) ms)";
      .p50_ms != null and .p50_ms >= '"$delay_ms"')'
  check_failed_share
  check_lost
  pods=$(read_pods "$service") || exit 1
  check_that "during: no pod restarted or stopped being ready" \
    test "$(count_restarts "$pods") $(count_ready "$pods")" = "$restarts $ready"
  undo_faults
}

# run_fault FAULT SERVICE: whether it passed.
run_fault() {
  local fault=$1 before='' during='' after=''
  service=$2
  checks=()
  say "$fault of $service: the steady state before"
  start_load "$service" "$LOAD_ITERATIONS"
  before=$(end_load "$service") || exit 1
  check_steady before "$before"
  if ! all_hold; then
    add_to_report "$fault" "$service" 'not started: the steady state does not hold'
    return 1
  fi
  "fault_$fault"
  say "$fault of $service: the steady state after"
  start_load "$service" "$LOAD_ITERATIONS"
  after=$(end_load "$service") || exit 1
  check_steady after "$after"
  if all_hold; then
    add_to_report "$fault" "$service" pass
  else
    add_to_report "$fault" "$service" fail
    return 1
  fi
}

run_faults() {
  local fault one_service verdict=pass
  local faults=("$verb")
  [[ $verb != all ]] || faults=(pod-kill latency db-restart)
  find_image
  started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  make_scratch
  write_report unfinished
  trap 'undo_faults; rm -rf -- "$scratch"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  for fault in "${faults[@]}"; do
    for one_service in "${services[@]}"; do
      [[ $fault != db-restart || $one_service == api ]] || continue
      run_fault "$fault" "$one_service" || verdict=fail
      write_report unfinished
    done
  done
  write_report "$verdict"
  print_report "$report_form"
  say "the report is kept in $RESULTS_FOLDER"
  [[ $verdict == pass ]]
}

parse_arguments "$@"
if [[ $verb == report ]]; then
  require_program jq "install it (Debian: apt-get install jq)"
  print_report "$report_form"
  [[ $(jq -r .verdict "$RESULTS_FOLDER/report.json") == pass ]]
  exit
fi
require_cluster
namespace_exists || fail "there is no namespace $NAMESPACE; first run scripts/deploy-minikube.sh"
undo_faults
[[ $verb == cleanup ]] || run_faults
