#!/bin/bash
# Stands in for `dashly canary run`: runs the commands with the verdict FAKE_VERDICT instead of a judge's. `auto` looks at the
# canary's manifest for the faults of scripts/test-cluster, and at whether there is a load. Keeps its place in the file of
# --state, as the real one does.
set -u
printf 'dashly %s KUBECTL=%s\n' "$*" "$KUBECTL" >>"$FAKE_LOG"
shift 2
while (($# > 0)) && [[ $1 != -- ]]; do
  case $1 in
    --deploy) deploy=$2 && shift ;;
    --promote) promote=$2 && shift ;;
    --rollback) rollback=$2 && shift ;;
    --state) state=$2 && shift ;;
  esac
  shift
done
"$KUBECTL" version --output json >/dev/null || exit 1
place=start
[[ ! -e $state ]] || place=$(<"$state")
step() {
  place=$1
  echo "$1" >"$state"
}
verdict() {
  if [[ $FAKE_VERDICT != auto ]]; then
    echo "$FAKE_VERDICT"
  elif "$KUBECTL" --namespace "$NAMESPACE" get deployment api-canary --output json | grep -qE 'sizeLimit: 4Mi|cpu: 20m|no-such-path|dashly-api:[^" ]*-leaking'; then
    echo bad
  elif [[ -z $("$KUBECTL" --namespace "$NAMESPACE" get job chaos-load --ignore-not-found --output name) ]]; then
    echo none
  else
    echo promote
  fi
}
if [[ $place == start ]]; then
  if sh -c "$deploy"; then step "$(verdict)"; else step failed; fi
fi
if [[ $place == promote ]]; then
  if sh -c "$promote"; then step promoted; else step failed; fi
fi
if [[ $place == bad || $place == none || $place == failed ]]; then
  was=$place
  sh -c "$rollback" || exit 1
  step "rolled back, $was"
fi
case $place in
  promoted) exit 0 ;;
  'rolled back, failed') exit 1 ;;
  'rolled back, none') exit 12 ;;
  *) exit 10 ;;
esac
