-- Interactions in the log are found by what they are with, and conversions are counted by connection.

-- `original` and `interaction` stand in the body, too; they are set for interactions only.
alter table events add column original text;
alter table events add column interaction text;

update events
set original = coalesce(json_extract(body, '$.campaign'), json_extract(body, '$.card')),
    interaction = json_extract(body, '$.interaction')
where kind in ('campaign_interacted', 'card_interacted');

-- The one index of the log: events of one interaction come in order of time, so it grows at its ends, which is cheap.
create index events_interactions on events (original, interaction, at, user) where original is not null;

-- Conversions A of entries that were sent, by the connection that led to them, as `converted`.
insert into crossings (original, interaction, campaign, name, amount)
select
    json_extract(decisions.body, '$.original'),
    json_extract(decisions.body, '$.trigger'),
    decisions.campaign,
    'converted',
    count(*)
from events
join decisions
    on decisions.user = events.user
    and decisions.campaign = events.original
    and decisions.id = json_extract(events.body, '$.entry')
where events.interaction = 'perform_conversion_event'
  and json_extract(events.body, '$.conversion') = 'A'
  and decisions.outcome <> 'control'
  and json_extract(decisions.body, '$.original') is not null
group by 1, 2, 3;

create trigger crossings_converted after insert on events
when new.interaction = 'perform_conversion_event' and json_extract(new.body, '$.conversion') = 'A'
begin
    insert into crossings (original, interaction, campaign, name, amount)
    select json_extract(body, '$.original'), json_extract(body, '$.trigger'), campaign, 'converted', 1
    from decisions
    where user = new.user
      and campaign = new.original
      and id = json_extract(new.body, '$.entry')
      and outcome <> 'control'
      and json_extract(body, '$.original') is not null
    on conflict (campaign, original, interaction, name) do update set amount = amount + 1;
end;
