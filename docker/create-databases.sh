#!/bin/sh
# Runs once, when the Postgres volume is empty: roles and databases. Passwords are passed as psql
# variables, so that no quoting in them can become SQL.
set -eu

psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set owner_password="$TSUKIGIME_OWNER_PASSWORD" \
  --set app_password="$TSUKIGIME_APP_PASSWORD" \
  --set temporal_password="$TEMPORAL_DATABASE_PASSWORD" <<'SQL'
create role tsukigime_owner login password :'owner_password';
create role tsukigime_app login password :'app_password';
create role temporal login password :'temporal_password';

create database tsukigime owner tsukigime_owner;
create database temporal owner temporal;
create database temporal_visibility owner temporal;

alter database tsukigime set timezone = 'UTC';
revoke all on database tsukigime from public;
grant connect on database tsukigime to tsukigime_app;
revoke all on database temporal, temporal_visibility from public;
SQL
