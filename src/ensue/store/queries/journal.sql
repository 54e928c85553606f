-- name: load_states(users)
-- the primary key of users
select user, state
from users
where user in (select value from json_each(:users));

-- name: load_state(user)^
-- the primary key of users
select user, state
from users
where user = :user;

-- name: save_states(user, state, next_due)*!
-- the primary key of users
insert into users (user, state, next_due)
values (:user, :state, :next_due)
on conflict (user) do update
set state = excluded.state,
    next_due = excluded.next_due;

-- name: save_people(user, email, time_zone)*!
-- the primary key of people; a row that stays the same is not written
insert into people (user, email, time_zone)
values (:user, :email, :time_zone)
on conflict (user) do update
set email = excluded.email,
    time_zone = excluded.time_zone
where email is not excluded.email
   or time_zone <> excluded.time_zone;

-- name: forget_people(user)*!
-- the primary key of people
delete from people
where user = :user;

-- name: due(now, limit)
-- users_due
select user
from users
where next_due <= :now
order by next_due, user
limit :limit;

-- name: next_due()$
-- users_due
select min(next_due)
from users
where next_due is not null;

-- name: users_after(cursor, limit)
-- the primary key of people
select user
from people
where user > :cursor
order by user
limit :limit;

-- name: users_of_zones_after(cursor, limit, zones)
-- the primary key of people: from the first batch to the last, each row is read once
select user
from people
where user > :cursor
  and time_zone in (select value from json_each(:zones))
order by user
limit :limit;

-- name: time_zones()
select distinct time_zone
from people
order by time_zone;

-- name: count_users()$
select count(*)
from people;

-- name: count_users_of_zones(zones)$
select count(*)
from people
where time_zone in (select value from json_each(:zones));

-- name: with_email(email)
-- people_email
select user
from people
where email = :email
order by user;

-- name: enqueue(id, campaign, created_at, body)*!
-- the unique index of outbox
insert into outbox (id, campaign, created_at, body)
values (:id, :campaign, :created_at, :body)
on conflict (id) do nothing;

-- name: withdraw(id)*!
-- the unique index of outbox
delete from outbox
where id = :id;

-- name: claimable(now, limit)
-- outbox_available
select body, attempts, not_before, leased_until
from outbox
where available_at <= :now
order by available_at, number
limit :limit;

-- name: claimable_without(now, limit, without)
-- outbox_campaign: hops from campaign to campaign, so a long queue that is left out is never read
with recursive
queues (campaign) as (
    select min(campaign) from outbox
    union all
    select (select min(campaign) from outbox where campaign > queues.campaign)
    from queues
    where campaign is not null
)
select body, attempts, not_before, leased_until
from queues
join outbox on outbox.number in (
    select number
    from outbox as first
    where first.campaign = queues.campaign
      and first.available_at <= :now
    order by first.available_at, first.number
    limit :limit
)
where queues.campaign not in (select value from json_each(:without))
order by available_at, number
limit :limit;

-- name: lease(id, leased_until)*!
-- the unique index of outbox
update outbox
set leased_until = :leased_until
where id = :id;

-- name: release()!
-- reads the whole outbox, once at the start
update outbox
set leased_until = null
where leased_until is not null;

-- name: defer(id, not_before)!
-- the unique index of outbox
update outbox
set attempts = attempts + 1,
    not_before = :not_before,
    leased_until = null
where id = :id;

-- name: next_claimable()$
-- outbox_available
select min(available_at)
from outbox;

-- name: queued()$
select count(*)
from outbox;

-- name: save_run(id, campaign, at, total, done, cursor, zones, finished_at)!
-- the primary key of runs
insert into runs (id, campaign, at, total, done, cursor, zones, finished_at)
values (:id, :campaign, :at, :total, :done, :cursor, :zones, :finished_at)
on conflict (id) do update
set campaign = excluded.campaign,
    at = excluded.at,
    total = excluded.total,
    done = excluded.done,
    cursor = excluded.cursor,
    zones = excluded.zones,
    finished_at = excluded.finished_at;

-- name: find_run(id)^
-- the primary key of runs
select id, campaign, at, total, done, cursor, zones, finished_at
from runs
where id = :id;

-- name: runs(campaign)
-- runs_at
select id, campaign, at, total, done, cursor, zones, finished_at
from runs
where (:campaign is null or campaign = :campaign)
order by at, id;

-- name: unfinished_runs(campaign)
-- runs_unfinished
select id, campaign, at, total, done, cursor, zones, finished_at
from runs
where finished_at is null
  and (:campaign is null or campaign = :campaign)
order by at, id;
