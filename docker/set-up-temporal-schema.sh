#!/bin/sh
# Brings Temporal's two databases to the schema of this server version. Both steps leave a schema
# that is already there alone, so this runs at every start. The password is read from SQL_PASSWORD.
set -eu
: "${SQL_HOST:?}" "${SQL_USER:?}" "${SQL_PASSWORD:?}"

schemas=/etc/temporal/schema/postgresql/v12

set_up() {
  database=$1
  versions=$2
  set -- --plugin postgres12 --ep "$SQL_HOST" -p 5432 -u "$SQL_USER" --db "$database"
  temporal-sql-tool "$@" setup-schema -v 0.0
  temporal-sql-tool "$@" update-schema -d "$schemas/$versions/versioned"
}

set_up temporal temporal
set_up temporal_visibility visibility
