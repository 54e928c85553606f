-- What was asked of the past: campaigns run over recorded events, with what came out.

create table backtests (
    id text primary key,
    asked_at integer not null,
    body text not null check (json_valid(body))
) strict, without rowid;

create index backtests_asked on backtests (asked_at, id);
