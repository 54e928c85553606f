-- name: campaigns()
-- the primary key of campaigns, the unique index of campaign_versions
select id, status, spells, number, saved_at, body
from campaigns
left join campaign_versions on campaign = id
order by id, number;

-- name: find_campaign(id)
-- the primary key of campaigns, the unique index of campaign_versions
select id, status, spells, number, saved_at, body
from campaigns
left join campaign_versions on campaign = id
where id = :id
order by number;

-- name: save_campaign(id, status, spells)!
-- the primary key of campaigns
insert into campaigns (id, status, spells)
values (:id, :status, :spells)
on conflict (id) do update
set status = excluded.status,
    spells = excluded.spells;

-- name: saved_versions(campaign)
-- the unique index of campaign_versions
select number
from campaign_versions
where campaign = :campaign;

-- name: add_versions(campaign, number, saved_at, body)*!
insert into campaign_versions (campaign, number, saved_at, body)
values (:campaign, :number, :saved_at, :body);

-- name: cards()
-- the primary key of cards
select id, status, spells, body
from cards
order by id;

-- name: find_card(id)^
-- the primary key of cards
select id, status, spells, body
from cards
where id = :id;

-- name: save_card(id, status, spells, body)!
-- the primary key of cards
insert into cards (id, status, spells, body)
values (:id, :status, :spells, :body)
on conflict (id) do update
set status = excluded.status,
    spells = excluded.spells,
    body = excluded.body;

-- name: segments()
-- the primary key of segments
select body
from segments
order by id;

-- name: save_segment(id, body)!
-- the primary key of segments
insert into segments (id, body)
values (:id, :body)
on conflict (id) do update
set body = excluded.body;

-- name: remove_segment(id)!
-- the primary key of segments
delete from segments
where id = :id;

-- name: workspace()$
-- the primary key of workspace
select body
from workspace
where number = 1;

-- name: save_workspace(body)!
-- the primary key of workspace
insert into workspace (number, body)
values (1, :body)
on conflict (number) do update
set body = excluded.body;

-- name: find_secret(name)$
-- the primary key of secrets
select value
from secrets
where name = :name;

-- name: keep_secret(name, value)!
-- the primary key of secrets
insert into secrets (name, value)
values (:name, :value)
on conflict (name) do nothing;

-- name: keys()
select id, name, digest, scopes, created_at, revoked_at
from keys
order by created_at, id;

-- name: find_key(digest)^
-- the unique index of keys
select id, name, digest, scopes, created_at, revoked_at
from keys
where digest = :digest;

-- name: save_key(id, name, digest, scopes, created_at, revoked_at)!
-- the primary key of keys
insert into keys (id, name, digest, scopes, created_at, revoked_at)
values (:id, :name, :digest, :scopes, :created_at, :revoked_at)
on conflict (id) do update
set name = excluded.name,
    digest = excluded.digest,
    scopes = excluded.scopes,
    created_at = excluded.created_at,
    revoked_at = excluded.revoked_at;

-- name: apps()
select id, name, origins, secret, requires_token, created_at, revoked_at
from apps
order by created_at, id;

-- name: find_app(id)^
-- the primary key of apps
select id, name, origins, secret, requires_token, created_at, revoked_at
from apps
where id = :id;

-- name: save_app(id, name, origins, secret, requires_token, created_at, revoked_at)!
-- the primary key of apps
insert into apps (id, name, origins, secret, requires_token, created_at, revoked_at)
values (:id, :name, :origins, :secret, :requires_token, :created_at, :revoked_at)
on conflict (id) do update
set name = excluded.name,
    origins = excluded.origins,
    secret = excluded.secret,
    requires_token = excluded.requires_token,
    created_at = excluded.created_at,
    revoked_at = excluded.revoked_at;
