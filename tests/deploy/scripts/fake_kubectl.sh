#!/bin/bash
# Stands in for kubectl: hands its arguments to the fake cluster (fake_cluster.py), which runs
# inside the tests, and shows the answer. A shell, because a test makes hundreds of such calls and Python starts slowly.
exec 3<>"/dev/tcp/127.0.0.1/$FAKE_CLUSTER" || exit 1
printf '%s\0' "$$" "$#" "$@" >&3
for argument; do
  if [[ $argument == - || $argument == /dev/stdin ]]; then
    cat >&3
    break
  fi
done
printf '\0' >&3
IFS= read -r -d '' status <&3 || exit 1
IFS= read -r -d '' error <&3
printf '%s' "$error" >&2
if [[ $status == 0 ]]; then
  exec cat <&3
fi
exit "$status"
