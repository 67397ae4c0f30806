#!/bin/sh
# Starts one process of a Redis with failover, in the foreground:
#   start.sh node       a Redis server; the primary at first if FIRST_PRIMARY is its own ADDRESS
#   start.sh sentinel   a sentinel
# FIRST_PRIMARY  host:port of the server that is the primary when nothing is known yet
# ADDRESS        host:port under which the others and the clients reach this one
# FOLDER         where it keeps its data and its own copy of the configuration; default /data
# BIND           addresses to listen on; default all
# REDIS_SERVER   the program; default redis-server
# MAXMEMORY      of a node; default 512mb. Keep it well below the machine's memory.
# A node takes the passwords that render-users.sh lists, a sentinel SENTINEL_PASSWORD alone. What a sentinel changed in a configuration outlives restarts; to begin
# anew, remove FOLDER/node.conf or FOLDER/sentinel.conf.
set -eu

kind="$1"
here="$(cd "$(dirname "$0")" && pwd)"
folder="${FOLDER:-/data}"
file="$folder/$kind.conf"
host="${ADDRESS%:*}"
port="${ADDRESS##*:}"
umask 077
mkdir -p "$folder"

if [ "$kind" = node ]; then "$here/render-users.sh" >"$folder/users.acl"; fi

if [ ! -s "$file" ]; then
  cp "$here/$kind.conf" "$file.new"
  {
    echo "port $port"
    echo "bind ${BIND:-* -::*}"
    echo "dir $folder"
    if [ "$kind" = node ]; then
      echo "aclfile $folder/users.acl"
      echo "maxmemory ${MAXMEMORY:-512mb}"
      echo "masteruser replication"
      echo "masterauth $REPLICATION_PASSWORD"
      echo "replica-announce-ip $host"
      echo "replica-announce-port $port"
      if [ "$FIRST_PRIMARY" != "$ADDRESS" ]; then
        echo "replicaof ${FIRST_PRIMARY%:*} ${FIRST_PRIMARY##*:}"
      fi
    else
      echo "user sentinel on >$SENTINEL_PASSWORD &* +@all"
      echo "sentinel sentinel-user sentinel"
      echo "sentinel sentinel-pass $SENTINEL_PASSWORD"
      echo "sentinel resolve-hostnames yes"
      echo "sentinel announce-hostnames yes"
      echo "sentinel announce-ip $host"
      echo "sentinel announce-port $port"
      echo "sentinel monitor portcullis ${FIRST_PRIMARY%:*} ${FIRST_PRIMARY##*:} 2"
      echo "sentinel auth-user portcullis sentinel"
      echo "sentinel auth-pass portcullis $SENTINEL_PASSWORD"
      echo "sentinel down-after-milliseconds portcullis 1000"
      echo "sentinel failover-timeout portcullis 10000"
      echo "sentinel parallel-syncs portcullis 2"
    fi
  } >>"$file.new"
  mv "$file.new" "$file"
fi

server="${REDIS_SERVER:-redis-server}"
if [ "$kind" = sentinel ]; then exec "$server" "$file" --sentinel; fi
exec "$server" "$file"
