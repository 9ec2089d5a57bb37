#!/usr/bin/env bash
# Installs or upgrades Dashly in a Kubernetes cluster: minikube, or any other that KUBECONFIG names.
#
# Usage: scripts/deploy-minikube.sh [VERB] [OPTION…]
#
# Verbs:
#   status     what runs (this is what no verb means)
#   deploy     build, then apply
#   build      build both images, into minikube's Docker where the context is minikube
#   apply      namespace, secrets, database, migration, gateway, API; waits for each and stops at the first failure
#   teardown   delete the namespace with the database and its volumes (asks)
#
# Options: --image-tag TAG (default: the commit), --context NAME, --yes, --json, --help
#
# Environment: KUBECONFIG; KUBECTL (kubectl); NAMESPACE (dashly); OVERLAY (minikube); MANIFESTS (k8s); IMAGE_REGISTRY;
# ROLLOUT_TIMEOUT, MIGRATION_TIMEOUT (300 and 600 seconds); ANTHROPIC_API_KEY or ANTHROPIC_API_KEY_FILE (optional, for the
# Secret as long as that has none).
#
# The Secret dashly-secrets is made with random values: DB_PASSWORD, JWT_SECRET, ADMIN_PASSWORD, GATEWAY_TOKEN, REDIS_URL
# (with the password of Redis), ANTHROPIC_API_KEY. Values that exist are kept, missing keys are added, none is printed.
#
# Every verb may be repeated.
# Exit status: 0 done, 1 failed (the last line says at which step), 2 wrong use.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}")
scripts=$(dirname "$self")
project=$(dirname "$scripts")
program=deploy-minikube
usage_line='scripts/deploy-minikube.sh [status|deploy|build|apply|teardown] [OPTION…]'
# shellcheck source=scripts/lib/deployment.sh
source "$scripts/lib/deployment.sh"
# shellcheck source=scripts/lib/release-status.sh
source "$scripts/lib/release-status.sh"
# shellcheck source=scripts/lib/secrets.sh
source "$scripts/lib/secrets.sh"

readonly SERVICES=(genai-gateway api)
verb=status
image_tag=''
as_json=false

parse_arguments() {
  if (($# > 0)) && [[ $1 != -* ]]; then
    verb=$1
    shift
  fi
  while (($# > 0)); do
    case $1 in
      --image-tag | --context) (($# > 1)) || misuse "$1 needs a value" ;;
    esac
    case $1 in
      --image-tag) image_tag=$2 && shift ;;
      --context) context=$2 && shift ;;
      --yes) assume_yes=true ;;
      --json) as_json=true ;;
      --help | -h)
        print_help "$self"
        exit 0
        ;;
      *) misuse "unknown option $1" ;;
    esac
    shift
  done
  [[ -z $image_tag ]] || check_tag "$image_tag"
  case $verb in
    status | deploy | build | apply | teardown) ;;
    *) misuse "unknown verb $verb" ;;
  esac
}

# Values that exist are kept, keys that are missing are added. The values go through a pipe, never into an argument that
# others could read in the list of processes, and are never printed. A file of a secret must not be empty: without a key of
# the provider there is a blank in it, which means none.
make_secrets() {
  local existing key=${ANTHROPIC_API_KEY:-} wanted
  existing=$(read_object secret dashly-secrets) || exit 1
  [[ -z ${ANTHROPIC_API_KEY_FILE:-} ]] || key=$(<"$ANTHROPIC_API_KEY_FILE") || fail "step secrets: cannot read the key's file"
  # shellcheck disable=SC2016 # the dollars are jq's
  wanted=$({
    for _ in 1 2 3 4 5; do
      random_secret
      echo
    done
    printf '%s\n%s\n' "${key:- }" "$existing"
  } | jq --raw-input --null-input '
    [inputs] | (.[6:] | join("\n") | fromjson) as $old
    | { DB_PASSWORD: .[0], JWT_SECRET: .[1], ADMIN_PASSWORD: .[2], GATEWAY_TOKEN: .[3],
        REDIS_URL: "redis://:\(.[4])@redis:6379", ANTHROPIC_API_KEY: .[5] }
    | with_entries(select(
        ($old.data[.key] // "") == ""
        or (.key == "ANTHROPIC_API_KEY" and .value != " " and ($old.data[.key] | @base64d) == " ")))
    | if . == {} then empty
      else {apiVersion: "v1", kind: "Secret", type: "Opaque", metadata: {name: "dashly-secrets"}, stringData: .} end')
  [[ -n $wanted ]] || return 0
  if [[ $existing == '{}' ]]; then
    kube create --filename - <<<"$wanted" >&2 || fail "step secrets: cannot create dashly-secrets"
    say "secrets made; the password of the administrator: $KUBECTL -n $NAMESPACE get secret dashly-secrets" \
      "-o jsonpath='{.data.ADMIN_PASSWORD}' | base64 -d"
  else
    kube patch secret dashly-secrets --type merge --patch-file /dev/stdin <<<"$wanted" >&2 \
      || fail "step secrets: cannot add to dashly-secrets"
    say "secrets added to dashly-secrets: $(jq -r '.stringData | keys | join(" ")' <<<"$wanted")"
  fi
}

# Refuses while a canary is judged: afterwards nobody could tell what it was compared with.
refuse_canaries() {
  local canaries
  canaries=$(kube get deployments --output json | jq -r '
    [.items[].metadata.name | select(endswith("-canary")) | rtrimstr("-canary")] | sort | join(" and ")') \
    || fail "cannot read what runs in $NAMESPACE; look at the message above"
  [[ -z $canaries ]] || fail "$canaries: a canary is running; first: scripts/deploy-canary.sh promote (or rollback)"
}

# Records the image that is about to be replaced, for deploy-canary.sh rollback.
record_image() {
  local old new
  old=$(read_object deployment "$1" | jq -r '.spec.template.spec.containers[0].image // ""') || exit 1
  new=$(image_name "$1"):$image_tag
  [[ -n $old && $old != "$new" ]] || return 0
  kube annotate --overwrite deployment "$1" "dashly.dev/previous-image=$old" >&2 || fail "cannot record the image of $1"
}

apply() {
  local service rendered
  image_tag=${image_tag:-$(current_tag)}
  make_scratch
  rendered=$scratch/overlay.yaml
  render "$MANIFESTS/overlays/$OVERLAY" "$image_tag" >"$rendered"
  refuse_canaries
  select_objects 'Namespace/.*' <"$rendered" >"$scratch/namespace.yaml"
  apply_objects "$scratch/namespace.yaml" "step namespace"
  namespace_found=true
  make_secrets
  for service in "${SERVICES[@]}"; do record_image "$service"; done
  select_objects 'Namespace/.*|Job/migrate|Deployment/(api|genai-gateway)' except <"$rendered" >"$scratch/rest.yaml"
  apply_objects "$scratch/rest.yaml" "step config and database"
  # An overlay with a provider's database or Redis has none of its own.
  for service in postgres redis; do
    select_objects "StatefulSet/$service" <"$rendered" >"$scratch/found.yaml"
    [[ -s $scratch/found.yaml ]] || continue
    wait_for_rollout "statefulset/$service" || fail "step database: $service is not ready; $(look_at_pods "$service")"
  done
  run_migration "$rendered" "$image_tag"
  for service in "${SERVICES[@]}"; do
    select_objects "Deployment/$service" <"$rendered" >"$scratch/$service.yaml"
    apply_objects "$scratch/$service.yaml" "step $service"
    wait_for_rollout "deployment/$service" || fail "step $service: $image_tag is not ready; $(look_at_pods "$service")"
  done
  print_status "${SERVICES[@]}"
}

teardown() {
  namespace_exists || { say "there is no namespace $NAMESPACE" && return 0; }
  confirm "Namespace $NAMESPACE is deleted with its database, its volumes and its secrets."
  kube_global delete namespace "$NAMESPACE" --ignore-not-found >&2 || fail "step teardown: look at the message above"
}

parse_arguments "$@"
if [[ $verb == build || $verb == deploy ]]; then
  image_tag=${image_tag:-$(current_tag)}
  [[ $verb == build ]] || require_cluster
  build_images "$image_tag" "${SERVICES[@]}"
fi
case $verb in
  status)
    require_cluster
    print_status "${SERVICES[@]}"
    ;;
  deploy) apply ;;
  apply | teardown)
    require_cluster
    "$verb"
    ;;
esac
