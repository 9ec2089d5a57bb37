# shellcheck shell=bash
# What the deployment scripts share: messages, options, talking to the cluster, rendering the manifests, images.
# The script that reads this file has set `program` (its own name), `project` (the root of the repository), `usage_line`.
: "${program:?}" "${project:?}" "${usage_line:?}"

KUBECTL=${KUBECTL:-kubectl}
NAMESPACE=${NAMESPACE:-dashly}
OVERLAY=${OVERLAY:-minikube}
MANIFESTS=${MANIFESTS:-$project/k8s}
IMAGE_REGISTRY=${IMAGE_REGISTRY:-}
ROLLOUT_TIMEOUT=${ROLLOUT_TIMEOUT:-300}
MIGRATION_TIMEOUT=${MIGRATION_TIMEOUT:-600}
context=''
assume_yes=false
namespace_found=false

say() {
  echo "$program: $*" >&2
}

fail() {
  echo "$program: $*" >&2
  exit 1
}

# Every way to use a script wrongly ends here, with exit status 2.
misuse() {
  echo "$program: $*" >&2
  echo "Usage: $usage_line" >&2
  echo "Try: $program --help" >&2
  exit 2
}

# The comment at the top of the script is its help.
print_help() {
  sed -n '2,/^[^#]/ { s/^# \{0,1\}//p }' "$1"
}

scratch=''
make_scratch() {
  [[ -z $scratch ]] || return 0
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/dashly-deploy.XXXXXX")
  trap 'rm -rf -- "$scratch"' EXIT
}

# --- the cluster ---------------------------------------------------------------------------------------------------

# kubectl without a namespace; `kube` is the usual one.
kube_global() {
  if [[ -n $context ]]; then
    "$KUBECTL" --context "$context" "$@"
  else
    "$KUBECTL" "$@"
  fi
}

kube() {
  kube_global --namespace "$NAMESPACE" "$@"
}

require_program() {
  command -v "$1" >/dev/null || fail "$1 is missing: $2"
}

# Also finds out whether the namespace exists.
require_cluster() {
  require_program "$KUBECTL" "install kubectl, or name one with KUBECTL"
  require_program jq "install it (Debian: apt-get install jq)"
  local answer
  if ! answer=$(kube_global get namespace "$NAMESPACE" --ignore-not-found --output name --request-timeout 15s 2>&1); then
    fail "the cluster does not answer (${answer##*$'\n'}); look at KUBECONFIG and --context"
  fi
  [[ $answer != */"$NAMESPACE"* ]] || namespace_found=true
}

namespace_exists() {
  [[ $namespace_found == true ]]
}

# read_object KIND NAME: the object as JSON, or {} where there is none.
read_object() {
  local found
  found=$(kube get "$1" "$2" --ignore-not-found --output json) || fail "cannot read $1 $2; look at the message above"
  echo "${found:-"{}"}"
}

# Asks before something is lost. Without a terminal only --yes will do.
confirm() {
  [[ $assume_yes == true ]] && return 0
  [[ -t 0 ]] || fail "$1 Nothing was done. Say --yes to go on."
  local answer
  read -r -p "$1 Go on? [y/N] " answer
  [[ $answer == [yY] || $answer == [yY][eE][sS] ]] || fail "nothing was done"
}

# wait_for_rollout KIND/NAME: whether all its pods are new and ready within ROLLOUT_TIMEOUT seconds.
wait_for_rollout() {
  say "waiting for $1 (at most $ROLLOUT_TIMEOUT s)"
  kube rollout status "$1" --timeout "${ROLLOUT_TIMEOUT}s" >&2
}

look_at_pods() {
  echo "look at: $KUBECTL -n $NAMESPACE get pods -l app=$1; $KUBECTL -n $NAMESPACE describe pods -l app=$1"
}

# --- the manifests -------------------------------------------------------------------------------------------------

image_name() {
  echo "${IMAGE_REGISTRY:+$IMAGE_REGISTRY/}dashly-$1"
}

# render FOLDER TAG: the folder's objects in NAMESPACE with the images of this tag. Kustomize wants every change in a
# kustomization, so one is written to a temporary folder; tracked files stay as they are.
render() {
  local folder=$1 tag=$2 overlay service
  make_scratch
  [[ -d $folder ]] || fail "there is no folder $folder; look at OVERLAY and MANIFESTS"
  overlay=$(mktemp -d "$scratch/overlay.XXXXXX")
  {
    printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: "%s"\n' "$NAMESPACE"
    printf 'resources:\n  - "%s"\n' "$(realpath --relative-to "$(realpath "$overlay")" "$folder")"
    printf 'images:\n'
    for service in api genai-gateway; do
      printf '  - name: dashly-%s\n    newName: "%s"\n    newTag: "%s"\n' "$service" "$(image_name "$service")" "$tag"
    done
  } >"$overlay/kustomization.yaml"
  kube_global kustomize "$overlay" | set_version "$tag" || fail "cannot render $folder; look at the message above"
}

# Every APP_VERSION of the manifests becomes the image's tag: exposures and metrics carry it. Kustomize writes an entry
# of `env` as "- name:" and "value:", one below the other.
set_version() {
  awk -v tag="$1" '
    after_name && /^ *value:/ { sub(/value:.*/, "value: \"" tag "\"") }
    { after_name = ($0 ~ /^ *- name: APP_VERSION$/); print }'
}

# select_objects PATTERN [except]: of the objects on standard input those (or all but those) whose Kind/name matches the
# extended regular expression as a whole. Relies on the sorted, two-space output of kustomize.
select_objects() {
  awk -v pattern="^($1)\$" -v except="${2:-}" '
    function flush(    hit) {
      if (kind != "") {
        hit = (kind "/" name) ~ pattern
        if (except == "" ? hit : !hit) printf "---\n%s", text
      }
      text = kind = name = ""; in_metadata = 0
    }
    /^---$/ { flush(); next }
    { text = text $0 "\n" }
    /^kind: / { kind = $2 }
    /^[^ ]/ { in_metadata = ($1 == "metadata:") }
    in_metadata && /^  name: / { name = $2; gsub(/"/, "", name) }
    END { flush() }'
}

# apply_objects FILE WHAT: kubectl apply, or one line about what did not work.
apply_objects() {
  [[ -s $1 ]] || fail "$2: the manifests have no such object; look at $MANIFESTS"
  kube apply --filename "$1" >&2 || fail "$2 failed; look at the message above"
}

# The Job of an older image cannot be changed, only replaced. It succeeds before anything of the new version starts.
run_migration() {
  local rendered=$1 tag=$2 job deadline phase
  job=$scratch/migrate.yaml
  select_objects 'Job/migrate' <"$rendered" >"$job"
  say "step migrate: the database gets the schema of $tag"
  kube delete job migrate --ignore-not-found --wait=true >&2 || fail "step migrate: cannot remove the old Job"
  apply_objects "$job" "step migrate"
  deadline=$((SECONDS + MIGRATION_TIMEOUT))
  while true; do
    phase=$(read_object job migrate | jq -r '
      if (.status.succeeded // 0) > 0 then "done"
      elif any(.status.conditions[]?; .type == "Failed" and .status == "True") then "failed"
      else "running" end') || fail "step migrate: cannot read the Job"
    case $phase in
      done) return 0 ;;
      failed) break ;;
    esac
    ((SECONDS < deadline)) || break
    sleep "${POLL_SECONDS:-1}"
  done
  kube logs job/migrate --tail 50 >&2 || true
  fail "step migrate $phase; its log is above; nothing was rolled out. Look at: $KUBECTL -n $NAMESPACE describe job migrate"
}

# --- images --------------------------------------------------------------------------------------------------------

# The commit, and for a changed tree also a hash of the changes: the same tag is never a different program.
current_tag() {
  local tag changes
  tag=$(git -C "$project" rev-parse --short=12 HEAD) || fail "this is no git repository; say --image-tag TAG"
  if [[ -n $(git -C "$project" status --porcelain) ]]; then
    changes=$({
      git -C "$project" diff HEAD
      git -C "$project" ls-files --others --exclude-standard -z | (cd "$project" && xargs -0 --no-run-if-empty sha256sum)
    } | sha256sum)
    tag="$tag-dirty-${changes:0:12}"
  fi
  echo "$tag"
}

check_tag() {
  [[ $1 =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$ ]] || misuse "--image-tag: $1 is no tag"
  case $1 in
    latest | canary | stable) misuse "--image-tag: $1 moves from image to image; name one that stays" ;;
  esac
}

uses_minikube() {
  local current=$context
  command -v minikube >/dev/null || return 1
  [[ -n $current ]] || current=$(kube_global config current-context 2>/dev/null) || return 1
  [[ $current == minikube ]]
}

# Of an API whose memory grows with every request, which a canary must be found out by. Only tests of canaries build it.
# shellcheck disable=SC2034 # for scripts that read this file
readonly LEAKING=dashly-cli/leak-memory
features=''

# build_images TAG SERVICE…: with the `features` of cargo that are set.
build_images() {
  local tag=$1 service environment
  shift
  require_program docker "install Docker to build images, or say --image-tag TAG for images that exist"
  if uses_minikube; then
    environment=$(minikube docker-env --shell bash) || fail "step build: minikube docker-env failed; is minikube started?"
    eval "$environment"
  fi
  for service in "$@"; do
    say "step build: $(image_name "$service"):$tag"
    docker build --target "dashly-$service" --tag "$(image_name "$service"):$tag" \
      --build-arg "VERSION=$tag" --build-arg "REVISION=$tag" --build-arg "FEATURES=$features" "$project" >&2 \
      || fail "step build: dashly-$service was not built; look at the message above"
    if [[ -n $IMAGE_REGISTRY ]]; then
      docker push "$(image_name "$service"):$tag" >&2 || fail "step build: cannot push to $IMAGE_REGISTRY; try: docker login"
    fi
  done
  if [[ -z $IMAGE_REGISTRY ]] && ! uses_minikube; then
    say "the images are in this machine's Docker only; IMAGE_REGISTRY=HOST/PATH pushes them to where the cluster pulls"
  fi
}
