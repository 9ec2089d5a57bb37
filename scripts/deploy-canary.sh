#!/usr/bin/env bash
# Releases a new version beside the stable one, in any Kubernetes cluster.
#
# Usage: scripts/deploy-canary.sh [VERB] [OPTION…]
#
# Verbs:
#   status     what runs, and the share of the traffic the canary really gets (this is what no verb means)
#   deploy     build, migrate the database, start the canary, wait until it is ready; stable is not touched
#   promote    roll stable to the canary's image, wait, then remove the canary; back again if the rollout fails
#   rollback   remove the canary; without one, roll stable back to the image it had before
#   run        deploy, let `dashly canary run` judge, promote or roll back, unattended (docs/canary.md)
#
# Options:
#   --service api|genai-gateway|both   default: both
#   --weight PERCENT    share of the traffic, made by numbers of pods; the nearest that is possible is told, and one that
#                       is more than 5 points away is refused (default: as many pods as the manifest says)
#   --image-tag TAG     deploy an image that exists; promote and rollback act only on this tag
#   --context NAME      context of KUBECONFIG
#   --yes               do not ask before rolling stable back
#   --json              status as JSON
#   --state-folder DIR  where `run` keeps its state (default: ~/.local/state/dashly); what follows `--` goes to the judge
#   --help
#
# Environment: KUBECONFIG; KUBECTL (kubectl); NAMESPACE (dashly); MANIFESTS (k8s); IMAGE_REGISTRY (none: images stay in
# the local Docker, or in minikube's); MAX_CANARY_PODS (10); ROLLOUT_TIMEOUT, MIGRATION_TIMEOUT (300 and 600 seconds);
# DASHLY_BIN (dashly).
#
# Every verb may be repeated, also after it was killed: it goes on where it was.
# Exit status: 0 done, 1 failed (the last line says at which step), 2 wrong use; `run` has those of `dashly canary run`.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
scripts=$(dirname "$self")
project=$(dirname "$scripts")
program=deploy-canary
usage_line='scripts/deploy-canary.sh [status|deploy|promote|rollback|run] [OPTION…]'
# shellcheck source=scripts/lib/deployment.sh
source "$scripts/lib/deployment.sh"
# shellcheck source=scripts/lib/release-status.sh
source "$scripts/lib/release-status.sh"

readonly MAX_CANARY_PODS=${MAX_CANARY_PODS:-10}
readonly PREVIOUS=dashly.dev/previous-image
readonly PROMOTED=dashly.dev/promoted-image
DASHLY_BIN=${DASHLY_BIN:-dashly}
verb=status
services=(genai-gateway api)
image_tag=''
as_json=false
weight=''
state_folder=${XDG_STATE_HOME:-${HOME:-/tmp}/.local/state}/dashly
judge_options=()
service_options=()

# need_value OPTION [VALUE…]: the usage, where the value is missing.
need_value() {
  (($# > 1)) || misuse "$1 needs a value"
}

parse_arguments() {
  if (($# > 0)) && [[ $1 != -* ]]; then
    verb=$1
    shift
  fi
  while (($# > 0)); do
    case $1 in
      --service | --weight | --image-tag | --context | --state-folder) need_value "$@" ;;
    esac
    case $1 in
      --service) choose_services "$2" && shift ;;
      --weight) weight=$2 && shift ;;
      --image-tag) image_tag=$2 && shift ;;
      --context) context=$2 && shift ;;
      --state-folder) state_folder=$2 && shift ;;
      --yes) assume_yes=true ;;
      --json) as_json=true ;;
      --help | -h)
        print_help "$self"
        exit 0
        ;;
      --)
        shift
        judge_options=("$@")
        break
        ;;
      *) misuse "unknown option $1" ;;
    esac
    shift
  done
  [[ -z $image_tag ]] || check_tag "$image_tag"
  [[ -z $weight ]] || [[ $weight =~ ^[0-9]{1,2}(\.[0-9]+)?$ && $weight =~ [1-9] ]] \
    || misuse "--weight: $weight is no percentage above 0 and below 100"
  case $verb in
    status | deploy | promote | rollback | run) ;;
    *) misuse "unknown verb $verb" ;;
  esac
}

choose_services() {
  case $1 in
    api | genai-gateway) services=("$1") ;;
    both) services=(genai-gateway api) ;;
    *) misuse "--service: $1 is none of api, genai-gateway, both" ;;
  esac
}

# --- what is known of a service ------------------------------------------------------------------------------------

# Reads all Deployments at once. What read_release says is as old as this.
read_deployments() {
  deployments=$(kube get deployments --output json) || fail "cannot read what runs in $NAMESPACE; look at the message above"
}

# Fills stable_image, canary_image, previous_image, promoted_image, canary_state, stable_pods for the service; nothing for
# what is not there.
read_release() {
  local found
  found=$(jq -r --arg service "$1" --arg previous "$PREVIOUS" --arg promoted "$PROMOTED" '
    def named($name): [.items[] | select(.metadata.name == $name)] | first;
    def image: .spec.template.spec.containers[0].image // "";
    named($service) as $stable | named($service + "-canary") as $canary
    | ($stable | image), ($canary | image), ($stable.metadata.annotations[$previous] // ""),
      ($stable.metadata.annotations[$promoted] // ""),
      ($canary.metadata.annotations["dashly.dev/canary-state"] // ""), ($stable.spec.replicas // 1)' <<<"$deployments")
  {
    read -r stable_image
    read -r canary_image
    read -r previous_image
    read -r promoted_image
    read -r canary_state
    read -r stable_pods
  } <<<"$found"
}

# set_stable SERVICE IMAGE PREVIOUS PROMOTED: one call that changes the image, the version it reports, and what is
# recorded about it, so that no kill can come in between. An empty record is removed.
set_stable() {
  local patch
  patch=$(jq --arg service "$1" --arg old "$stable_image" --arg new "$2" --arg previous "$3" --arg promoted "$4" \
    --arg previous_key "$PREVIOUS" --arg promoted_key "$PROMOTED" '
    def filled: if . == "" then null else . end;
    def renewed: map(select(.image == $old) | {name, image: $new}
      + (if any(.env[]?; .name == "APP_VERSION")
         then {env: [{name: "APP_VERSION", value: ($new | sub("^.*:"; ""))}]} else {} end));
    (.items[] | select(.metadata.name == $service)).spec.template.spec as $pod
    | { metadata: {annotations: {($previous_key): ($previous | filled), ($promoted_key): ($promoted | filled)}},
        spec: {template: {spec: (
          {containers: ($pod.containers | renewed)}
          + (if ($pod.initContainers // []) == [] then {} else {initContainers: ($pod.initContainers | renewed)} end))}}}
    ' <<<"$deployments")
  kube patch deployment "$1" --type strategic --patch "$patch" >&2 \
    || fail "cannot change the image of $1; look at the message above"
}

remove_canary() {
  kube delete deployment "$1-canary" --ignore-not-found --cascade=foreground --wait=true >&2 \
    || fail "cannot remove $1-canary; repeat the command"
}

# --- deploy --------------------------------------------------------------------------------------------------------

# Sets pods, the number of canary pods that comes nearest to --weight beside stable_pods, and their share; refuses what is far
# from the weight.
choose_canary_pods() {
  local answer
  answer=$(jq -n --argjson stable "$stable_pods" --argjson weight "$weight" --argjson most "$MAX_CANARY_PODS" -r '
    [range(1; $most + 1) | {pods: ., share: (100 * . / ($stable + .))}]
    | min_by((.share - $weight) | fabs)
    | "\(.pods) \((.share * 10 | round) / 10) \(((.share - $weight) | fabs) <= 5)"')
  read -r pods share near <<<"$answer"
  [[ $near == true ]] || fail "--weight $weight: beside $stable_pods stable pods, 1 to $MAX_CANARY_PODS canary pods come no" \
    "nearer than $share %. Exact weights are what \`dashly edge\` is for: docs/edge.md"
}

# Everything that can be refused is refused before anything changes.
check_deployable() {
  local service pods share near
  read_deployments
  for service in "${services[@]}"; do
    read_release "$service"
    [[ -n $stable_image ]] || fail "there is no stable $service in $NAMESPACE; first run scripts/deploy-minikube.sh"
    [[ ${stable_image##*:} != "$image_tag" ]] || fail "stable $service already runs $image_tag: there is nothing to release"
    [[ -z $weight ]] || choose_canary_pods
  done
}

apply_canary() {
  local service=$1 rendered=$2 pods='' share near
  select_objects "[A-Za-z]+/$service-canary" <"$rendered" >"$scratch/$service-canary.yaml"
  if [[ -n $weight ]]; then
    read_release "$service"
    choose_canary_pods
    sed -i "s/^  replicas: .*/  replicas: $pods/" "$scratch/$service-canary.yaml"
    say "step canary: $service gets $pods canary pods, $share % of the traffic (--weight $weight)"
  fi
  apply_objects "$scratch/$service-canary.yaml" "step canary of $service"
  kube annotate --overwrite deployment "$service-canary" "dashly.dev/canary-weight=${weight:-manifest}" \
    "dashly.dev/canary-state=starting" >&2 || fail "step canary: cannot record the state of $service-canary"
}

deploy() {
  local service
  local build=true
  [[ -z $image_tag ]] || build=false
  image_tag=${image_tag:-$(current_tag)}
  check_deployable
  [[ $build == false ]] || build_images "$image_tag" "${services[@]}"
  make_scratch
  render "$MANIFESTS/canary" "$image_tag" >"$scratch/canary.yaml"
  if [[ " ${services[*]} " == *" api "* ]]; then
    render "$MANIFESTS/overlays/$OVERLAY" "$image_tag" >"$scratch/overlay.yaml"
    run_migration "$scratch/overlay.yaml" "$image_tag"
  fi
  for service in "${services[@]}"; do
    apply_canary "$service" "$scratch/canary.yaml"
  done
  for service in "${services[@]}"; do
    wait_for_rollout "deployment/$service-canary" || fail "step canary: $service-canary of $image_tag is not ready;" \
      "stable was not touched; $(look_at_pods "$service,version=canary"); then: scripts/deploy-canary.sh rollback"
    kube annotate --overwrite deployment "$service-canary" "dashly.dev/canary-state=ready" >&2 \
      || fail "step canary: cannot record the state of $service-canary; repeat the command"
  done
  print_status "${services[@]}"
}

# --- promote and rollback ------------------------------------------------------------------------------------------

# Whether promote has something to do for the service. A promotion that was killed half way has stable on the canary's
# image already, and the canary still there.
is_promotable() {
  local wanted=${image_tag:-}
  [[ -n $stable_image ]] || fail "there is no stable $1 in $NAMESPACE"
  if [[ -z $canary_image ]]; then
    if [[ -n $promoted_image && $promoted_image == "$stable_image" ]] \
      && [[ -z $wanted || ${stable_image##*:} == "$wanted" ]]; then
      say "$1 is promoted already: stable runs ${stable_image##*:}"
      return 1
    fi
    fail "$1 has no canary${wanted:+ of $wanted}, so there is nothing to promote; --service names another one"
  fi
  [[ -z $wanted || ${canary_image##*:} == "$wanted" ]] || fail "the canary of $1 runs ${canary_image##*:}, not $wanted"
  [[ $canary_state == ready ]] || fail "the canary of $1 was never ready; look at scripts/deploy-canary.sh status, repeat deploy"
}

undo_promotion() {
  local service
  say "step promote failed; stable goes back to the previous image"
  read_deployments
  for service in "$@"; do
    read_release "$service"
    if [[ -n $previous_image && $stable_image == "$canary_image" ]]; then
      set_stable "$service" "$previous_image" '' ''
    fi
  done
  for service in "$@"; do
    wait_for_rollout "deployment/$service" || fail "step promote: $service did not come back either; $(look_at_pods "$service")"
  done
}

promote() {
  local service todo=()
  read_deployments
  for service in "${services[@]}"; do
    read_release "$service"
    if is_promotable "$service"; then todo+=("$service"); fi
  done
  for service in "${todo[@]}"; do
    read_release "$service"
    [[ $stable_image != "$canary_image" ]] || continue
    say "step promote: stable $service goes from ${stable_image##*:} to ${canary_image##*:}"
    set_stable "$service" "$canary_image" "$stable_image" "$canary_image"
  done
  for service in "${todo[@]}"; do
    if ! wait_for_rollout "deployment/$service"; then
      undo_promotion "${todo[@]}"
      fail "step promote: $service did not become ready, stable runs the previous image again, the canary is still there;" \
        "$(look_at_pods "$service"); then: scripts/deploy-canary.sh rollback"
    fi
  done
  for service in "${todo[@]}"; do
    remove_canary "$service"
  done
  print_status "${services[@]}"
}

# Removes the canary of the service, after undoing a promotion that got no further than half way.
roll_back_canary() {
  if [[ $stable_image == "$canary_image" && $promoted_image == "$stable_image" && -n $previous_image ]]; then
    say "step rollback: the promotion of $1 was not finished; stable goes back to ${previous_image##*:}"
    set_stable "$1" "$previous_image" '' ''
    wait_for_rollout "deployment/$1" || fail "step rollback: $1 is not ready; $(look_at_pods "$1")"
  fi
  say "step rollback: the canary of $1 (${canary_image##*:}) is removed"
  remove_canary "$1"
}

rollback() {
  local service other
  local to_canary=() to_stable=() names='' canary_tag='' promoted_tag=''
  read_deployments
  for service in "${services[@]}"; do
    read_release "$service"
    other=${canary_image:-$stable_image}
    if [[ -n $image_tag && ${other##*:} != "$image_tag" ]]; then
      say "$service does not run $image_tag: there is nothing to roll back"
    elif [[ -n $canary_image ]]; then
      to_canary+=("$service")
      canary_tag=${canary_image##*:}
    elif [[ -n $previous_image && $previous_image != "$stable_image" ]]; then
      to_stable+=("$service")
      promoted_tag=${promoted_image##*:}
      names+=" $service from ${stable_image##*:} to ${previous_image##*:}."
    else
      say "$service has no canary and no previous image: there is nothing to roll back"
    fi
  done
  # A canary of one service says nothing about a release of the other one that is long done. With the same tag it is one
  # release, whose promotion was not finished.
  if ((${#to_canary[@]} > 0 && ${#to_stable[@]} > 0)); then
    if [[ $canary_tag != "$promoted_tag" ]]; then
      say "${to_stable[*]} has no canary and stays as it is; repeat rollback to take its stable back"
      to_stable=()
    fi
  fi
  ((${#to_stable[@]} == 0)) || confirm "Stable goes back:$names The database keeps its newer schema."
  # Stable first: the canary is what a repetition knows the release by.
  for service in "${to_stable[@]}"; do
    read_release "$service"
    set_stable "$service" "$previous_image" '' ''
  done
  for service in "${to_canary[@]}"; do
    read_release "$service"
    roll_back_canary "$service"
  done
  for service in "${services[@]}"; do
    read_release "$service"
    [[ -n $stable_image ]] || continue
    wait_for_rollout "deployment/$service" || fail "step rollback: $service is not ready; $(look_at_pods "$service")"
  done
  print_status "${services[@]}"
}

# --- run -----------------------------------------------------------------------------------------------------------

# dashly reads KUBECTL as one program; --context becomes part of a small one.
export_kubectl() {
  [[ -n $context ]] || { export KUBECTL && return 0; }
  printf '#!/bin/sh\nexec %q --context %q "$@"\n' "$(command -v "$KUBECTL")" "$context" >"$scratch/kubectl"
  chmod +x "$scratch/kubectl"
  export KUBECTL=$scratch/kubectl
}

# judge_options_of SERVICE: sets service_options. Visitors are exposed by the API alone, so guardrails are left out for the
# gateway.
judge_options_of() {
  local option
  service_options=("${judge_options[@]}")
  [[ $1 == genai-gateway && ${#services[@]} -gt 1 ]] || return 0
  service_options=()
  set -- "${judge_options[@]}"
  while (($# > 0)); do
    option=$1
    shift
    case $option in
      --guardrail | --guardrail-window | --guardrail-margin) (($# == 0)) || shift ;;
      --guardrail=* | --guardrail-window=* | --guardrail-margin=*) ;;
      *) service_options+=("$option") ;;
    esac
  done
}

# run_one SERVICE: the state file belongs to cluster namespace, service and tag, since a finished one is not run again.
run_one() {
  local service=$1 state command
  state=$state_folder/canary-$NAMESPACE-$service-$image_tag.json
  read_deployments
  read_release "$service"
  if [[ ${stable_image##*:} == "$image_tag" && -z $canary_image && ! -e $state ]]; then
    say "stable $service already runs $image_tag: there is nothing to release"
    return 0
  fi
  # The judge's rollback must never undo an older release when the deployment did not even begin: hence --image-tag.
  command="$(printf '%q ' "$self")%s --service $service --image-tag $image_tag"
  judge_options_of "$service"
  # shellcheck disable=SC2059 # the command is the format
  "$DASHLY_BIN" canary run --kubernetes --namespace "$NAMESPACE" --service "$service" --state "$state" \
    --deploy "$(printf "$command" deploy)${weight:+ --weight $weight}" \
    --promote "$(printf "$command" promote)" \
    --rollback "$(printf "$command" rollback) --yes" "${service_options[@]}"
}

run() {
  local service status build=true
  require_program "$DASHLY_BIN" "install the program dashly, or name it with DASHLY_BIN"
  [[ -z $image_tag ]] || build=false
  image_tag=${image_tag:-$(current_tag)}
  [[ $build == false ]] || build_images "$image_tag" "${services[@]}"
  mkdir -p "$state_folder"
  make_scratch
  export_kubectl
  export NAMESPACE OVERLAY MANIFESTS IMAGE_REGISTRY ROLLOUT_TIMEOUT MIGRATION_TIMEOUT
  # One after the other: each service is judged on its own requests.
  for service in "${services[@]}"; do
    status=0
    run_one "$service" || status=$?
    if ((status != 0)); then
      say "step run: $service was not promoted (exit status $status of dashly canary run); docs/canary.md lists them"
      exit "$status"
    fi
  done
}

parse_arguments "$@"
require_cluster
if [[ $verb == status ]]; then
  print_status "${services[@]}"
else
  namespace_exists || fail "there is no namespace $NAMESPACE; first run scripts/deploy-minikube.sh"
  "$verb"
fi
