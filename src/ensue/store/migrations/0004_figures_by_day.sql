-- Each figure once more for each day, and outcomes among the figures.

-- `day` counts days since 1970 in UTC. Written with `figures`, from the same amounts.
create table daily_figures (
    campaign text not null,
    day integer not null,
    variation text not null,
    name text not null,
    amount real not null,
    primary key (campaign, day, variation, name)
) strict, without rowid;

-- The outcomes of decisions that are there already; what was counted before has no day.
insert into daily_figures (campaign, day, variation, name, amount)
select
    campaign,
    cast(strftime('%s', substr(json_extract(body, '$.at'), 1, 10)) as integer) / 86400,
    coalesce(json_extract(body, '$.variation'), ''),
    outcome || coalesce(':' || iif(outcome = 'cancelled', json_extract(body, '$.exception'), reason), ''),
    count(*)
from decisions
where outcome not in ('waiting', 'sending')
group by 1, 2, 3, 4;

insert into figures (campaign, variation, name, amount)
select campaign, variation, name, sum(amount)
from daily_figures
where true -- without it, `on` would begin a join
group by 1, 2, 3
on conflict (campaign, variation, name) do update set amount = excluded.amount;
