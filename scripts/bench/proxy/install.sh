#!/bin/sh
# Installs what `npm run bench:proxy` compares with, on Debian and Ubuntu. The bench runs without it too.
set -eu
apt-get update
apt-get install --yes --no-install-recommends nginx-light haproxy
