-- name: append_events(user, at, kind, body, original, interaction)*!
insert into events (user, at, kind, body, original, interaction)
values (:user, :at, :kind, :body, :original, :interaction);

-- name: keep_decisions(user, campaign, id, outcome, reason, body)*!
-- the unique index of decisions; the number of the first appearance stays
insert into decisions (user, campaign, id, outcome, reason, body)
values (:user, :campaign, :id, :outcome, :reason, :body)
on conflict (user, campaign, id) do update
set outcome = excluded.outcome,
    reason = excluded.reason,
    body = excluded.body;

-- name: keep_messages(id, body)*!
-- the unique index of messages
insert into messages (id, body)
values (:id, :body)
on conflict (id) do nothing;

-- name: count(campaign, variation, name, amount)*!
-- the primary key of figures
insert into figures (campaign, variation, name, amount)
values (:campaign, :variation, :name, :amount)
on conflict (campaign, variation, name) do update
set amount = amount + excluded.amount;

-- name: count_by_day(campaign, variation, name, day, amount)*!
-- the primary key of daily_figures
insert into daily_figures (campaign, day, variation, name, amount)
values (:campaign, :day, :variation, :name, :amount)
on conflict (campaign, day, variation, name) do update
set amount = amount + excluded.amount;

-- name: decisions(after, limit, outcome)
-- the primary key of decisions
select number, body
from decisions
where number > :after
  and (:outcome is null or outcome = :outcome)
order by number
limit :limit;

-- name: decisions_of_campaign(campaign, after, limit, outcome)
-- decisions_campaign, which ends with the number
select number, body
from decisions
where campaign = :campaign
  and number > :after
  and (:outcome is null or outcome = :outcome)
order by number
limit :limit;

-- name: decisions_of_user(user, after, limit, outcome)
-- the unique index of decisions
select number, body
from decisions
where user = :user
  and +number > :after
  and (:outcome is null or outcome = :outcome)
order by +number
limit :limit;

-- name: decisions_of_user_and_campaign(user, campaign, after, limit, outcome)
-- the unique index of decisions
select number, body
from decisions
where user = :user
  and campaign = :campaign
  and +number > :after
  and (:outcome is null or outcome = :outcome)
order by +number
limit :limit;

-- name: latest_decisions(before, limit)
-- the primary key of decisions
select number, body
from decisions
where number < :before
order by number desc
limit :limit;

-- name: latest_decisions_of(campaign, before, limit)
-- decisions_campaign, which ends with the number
select number, body
from decisions
where campaign = :campaign
  and number < :before
order by number desc
limit :limit;

-- name: waiting_users(campaign, after, limit)
-- decisions_open
select distinct user
from decisions
where campaign = :campaign
  and outcome in ('waiting', 'sending')
  and user > :after
order by user
limit :limit;

-- name: outcomes()
-- the primary key of outcomes
select campaign, name, amount
from outcomes
where amount > 0
order by campaign, name;

-- name: outcomes_of(campaign)
-- the primary key of outcomes
select campaign, name, amount
from outcomes
where campaign = :campaign
  and amount > 0
order by name;

-- name: figures()
-- the primary key of figures
select campaign, variation, name, amount
from figures
order by campaign, variation, name;

-- name: figures_of(campaign)
-- the primary key of figures
select campaign, variation, name, amount
from figures
where campaign = :campaign
order by variation, name;

-- name: crossings()
-- the primary key of crossings
select original, interaction, campaign, name, amount
from crossings
where amount > 0
order by campaign, original, interaction, name;

-- name: crossings_of(campaign)
-- the primary key of crossings
select original, interaction, campaign, name, amount
from crossings
where campaign = :campaign
  and amount > 0
order by campaign, original, interaction, name;

-- name: figures_by_day(campaign, since)
-- the primary key of daily_figures
select campaign, variation, day, name, amount
from daily_figures
where campaign = :campaign
  and day >= :since
order by day, variation, name;

-- name: find_message(id)$
-- the unique index of messages
select body
from messages
where id = :id;

-- name: messages(after, limit)
-- the primary key of messages
select number, body
from messages
where number > :after
order by number
limit :limit;

-- name: events(after, limit)
-- the primary key of events
select number, body
from events
where number > :after
order by number
limit :limit;

-- name: skim_events(after, until)
-- the primary key of events
select user, kind, body
from events
where number > :after
  and number <= :until
order by number;

-- name: skim_events_of_kinds(after, until, kinds)
-- the primary key of events
select user, kind, body
from events
where number > :after
  and number <= :until
  and kind in (select value from json_each(:kinds))
order by number;

-- name: latest_events(before, limit)
-- the primary key of events
select number, body
from events
where number < :before
order by number desc
limit :limit;

-- name: events_of(user, after, before, limit)
-- reads the log from its end, or from `before`, back to `after`: it has no index on users (see the first migration)
select number, body
from events
where user = :user
  and number > :after
  and number < :before
order by number desc
limit :limit;

-- name: interacted(asked)
-- events_interactions, once for each question; the body is read only where a question is narrowed
with questions as materialized (
    select
        json_extract(value, '$.original') as original,
        json_extract(value, '$.interaction') as interaction,
        json_extract(value, '$.since') as since,
        json_extract(value, '$.until') as until,
        json_extract(value, '$.link') as link,
        json_extract(value, '$.button') as button,
        json_extract(value, '$.opens') as opens,
        json_extract(value, '$.conversion') as conversion
    from json_each(:asked)
)
select count(distinct events.user), count(distinct events.number)
from questions
cross join events
where events.original = questions.original
  and events.interaction = questions.interaction
  and events.at >= questions.since
  and events.at < questions.until
  and (questions.link is null or json_extract(events.body, '$.link') = questions.link)
  and (questions.button is null or json_extract(events.body, '$.button') = questions.button)
  and (questions.opens is null or coalesce(json_extract(events.body, '$.opens'), 'human') = questions.opens)
  and (questions.conversion is null or json_extract(events.body, '$.conversion') = questions.conversion);
