-- How many decisions stand at each outcome, by the connection that led to them: the original, what was done with it, and
-- the campaign that follows on. `name` is the outcome, with the exception that cancelled or the reason where there is
-- one; `exception` counts the entries that this original's interaction cancelled. Kept by the triggers below only.
create table crossings (
    original text not null,
    interaction text not null,
    campaign text not null,
    name text not null,
    amount integer not null check (amount >= 0),
    primary key (campaign, original, interaction, name)
) strict, without rowid;

create trigger crossings_inserted after insert on decisions
when json_extract(new.body, '$.original') is not null
begin
    insert into crossings (original, interaction, campaign, name, amount)
    values (
        json_extract(new.body, '$.original'),
        json_extract(new.body, '$.trigger'),
        new.campaign,
        new.outcome || coalesce(':' || coalesce(json_extract(new.body, '$.exception'), new.reason), ''),
        1
    )
    on conflict (campaign, original, interaction, name) do update set amount = amount + 1;
end;

create trigger crossings_updated after update of outcome, reason on decisions
when json_extract(new.body, '$.original') is not null
 and (old.outcome <> new.outcome or old.reason is not new.reason)
begin
    update crossings
    set amount = amount - 1
    where campaign = old.campaign
      and original = json_extract(old.body, '$.original')
      and interaction = json_extract(old.body, '$.trigger')
      and name = old.outcome || coalesce(':' || coalesce(json_extract(old.body, '$.exception'), old.reason), '');
    insert into crossings (original, interaction, campaign, name, amount)
    values (
        json_extract(new.body, '$.original'),
        json_extract(new.body, '$.trigger'),
        new.campaign,
        new.outcome || coalesce(':' || coalesce(json_extract(new.body, '$.exception'), new.reason), ''),
        1
    )
    on conflict (campaign, original, interaction, name) do update set amount = amount + 1;
end;

create trigger crossings_cancelled_at_once after insert on decisions
when new.outcome = 'cancelled' and json_extract(new.body, '$.facts.original') is not null
begin
    insert into crossings (original, interaction, campaign, name, amount)
    values (
        json_extract(new.body, '$.facts.original'),
        json_extract(new.body, '$.exception'),
        new.campaign,
        'exception',
        1
    )
    on conflict (campaign, original, interaction, name) do update set amount = amount + 1;
end;

create trigger crossings_cancelled after update of outcome on decisions
when new.outcome = 'cancelled' and old.outcome <> 'cancelled' and json_extract(new.body, '$.facts.original') is not null
begin
    insert into crossings (original, interaction, campaign, name, amount)
    values (
        json_extract(new.body, '$.facts.original'),
        json_extract(new.body, '$.exception'),
        new.campaign,
        'exception',
        1
    )
    on conflict (campaign, original, interaction, name) do update set amount = amount + 1;
end;
