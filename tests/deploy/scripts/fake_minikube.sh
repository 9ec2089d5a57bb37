#!/bin/sh
echo "minikube $*" >>"$FAKE_LOG"
[ "$1" = docker-env ] && echo 'export DOCKER_HOST="tcp://minikube"'
