#!/bin/bash
# Stands in for `dashly canary run`: runs the commands with the verdict FAKE_VERDICT instead of a judge's. Keeps its place in
# the file of --state, as the real one does.
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
if [[ $place == start ]]; then
  if sh -c "$deploy"; then step "${FAKE_VERDICT:-bad}"; else step failed; fi
fi
if [[ $place == promote ]]; then
  if sh -c "$promote"; then step promoted; else step failed; fi
fi
if [[ $place == bad || $place == failed ]]; then
  was=$place
  sh -c "$rollback" || exit 1
  step "rolled back, $was"
fi
case $place in
  promoted) exit 0 ;;
  'rolled back, failed') exit 1 ;;
  *) exit 10 ;;
esac
