-- Everything that the store keeps: the Journal, the Ledger, the Catalog.
-- Instants are integers, microseconds since 1970 in UTC. Texts compare by their bytes.

-- ---------------------------------------------------------------- Journal

-- `state` begins with one byte that says how the rest is written (see states.py).
create table users (
    user text primary key,
    state blob not null check (length(state) > 1),
    next_due integer
) strict;

create index users_due on users (next_due, user) where next_due is not null;

-- The users that exist, as they can be searched: a small table in the order of ids, rewritten only when it changes.
create table people (
    user text primary key,
    email text check (email <> ''),
    time_zone text not null
) strict, without rowid;

create index people_email on people (email) where email is not null;

-- A message may be claimed from `available_at` on: nobody holds it, and its pause is over.
create table outbox (
    number integer primary key,
    id text not null unique,
    campaign text not null,
    created_at integer not null,
    attempts integer not null default 0 check (attempts >= 0),
    not_before integer,
    leased_until integer,
    available_at integer not null generated always as (
        max(created_at, coalesce(not_before, created_at), coalesce(leased_until, created_at))
    ) stored,
    body text not null
) strict;

create index outbox_available on outbox (available_at);
create index outbox_campaign on outbox (campaign, available_at);

create table runs (
    id text primary key,
    campaign text not null,
    at integer not null,
    total integer not null check (total >= 0),
    done integer not null check (done >= 0),
    cursor text not null,
    zones text check (zones is null or json_valid(zones)),
    finished_at integer
) strict, without rowid;

create index runs_at on runs (at, id);
create index runs_unfinished on runs (at, id) where finished_at is null;

-- ---------------------------------------------------------------- Ledger

-- Written in order and read in order: a second index here would cost more than everything else together.
create table events (
    number integer primary key,
    user text not null,
    at integer not null,
    kind text not null,
    body text not null
) strict;

create table decisions (
    number integer primary key,
    user text not null,
    campaign text not null,
    id text not null,
    outcome text not null check (
        outcome in ('waiting', 'sending', 'sent', 'control', 'cancelled', 'suppressed', 'refused')
    ),
    reason text,
    body text not null,
    unique (user, campaign, id),
    check (outcome not in ('suppressed', 'refused') or reason is not null)
) strict;

create index decisions_campaign on decisions (campaign);
create index decisions_open on decisions (campaign, user) where outcome in ('waiting', 'sending');

-- How many decisions stand at each outcome, kept by the two triggers below and by nothing else.
create table outcomes (
    campaign text not null,
    name text not null,
    amount integer not null check (amount >= 0),
    primary key (campaign, name)
) strict, without rowid;

create trigger decisions_inserted after insert on decisions
begin
    insert into outcomes (campaign, name, amount)
    values (
        new.campaign,
        iif(new.outcome in ('suppressed', 'refused'), new.outcome || ':' || new.reason, new.outcome),
        1
    )
    on conflict (campaign, name) do update set amount = amount + 1;
end;

create trigger decisions_updated after update of outcome, reason on decisions
when old.outcome <> new.outcome or old.reason is not new.reason
begin
    update outcomes
    set amount = amount - 1
    where campaign = old.campaign
      and name = iif(old.outcome in ('suppressed', 'refused'), old.outcome || ':' || old.reason, old.outcome);
    insert into outcomes (campaign, name, amount)
    values (
        new.campaign,
        iif(new.outcome in ('suppressed', 'refused'), new.outcome || ':' || new.reason, new.outcome),
        1
    )
    on conflict (campaign, name) do update set amount = amount + 1;
end;

create table messages (
    number integer primary key,
    id text not null unique,
    body text not null
) strict;

create table figures (
    campaign text not null,
    variation text not null,
    name text not null,
    amount real not null,
    primary key (campaign, variation, name)
) strict, without rowid;

-- ---------------------------------------------------------------- Catalog

create table campaigns (
    id text primary key check (length(id) between 1 and 64),
    status text not null check (status in ('draft', 'active', 'stopped', 'archived')),
    spells text not null check (json_valid(spells))
) strict, without rowid;

create table campaign_versions (
    campaign text not null references campaigns (id),
    number integer not null check (number >= 1),
    saved_at integer not null,
    body text not null check (json_valid(body)),
    unique (campaign, number)
) strict;

create trigger campaign_versions_never_change before update on campaign_versions
begin
    select raise(abort, 'a saved version never changes');
end;

create table cards (
    id text primary key check (length(id) between 1 and 64),
    status text not null check (status in ('draft', 'active', 'stopped', 'archived')),
    spells text not null check (json_valid(spells)),
    body text not null check (json_valid(body))
) strict;

create table segments (
    id text primary key check (length(id) between 1 and 64),
    body text not null check (json_valid(body))
) strict;

create table workspace (
    number integer primary key check (number = 1),
    body text not null check (json_valid(body))
) strict;

create table secrets (
    name text primary key,
    value text not null check (value <> '')
) strict, without rowid;

create table keys (
    id text primary key,
    name text not null,
    digest text not null unique check (length(digest) = 64),
    scopes text not null check (json_valid(scopes)),
    created_at integer not null,
    revoked_at integer
) strict;
