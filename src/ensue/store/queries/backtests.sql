-- name: save(id, asked_at, body)!
-- the primary key of backtests
insert into backtests (id, asked_at, body)
values (:id, :asked_at, :body)
on conflict (id) do update
set body = excluded.body;

-- name: find(id)^
-- the primary key of backtests
select body
from backtests
where id = :id;

-- name: latest(limit)
-- backtests_asked
select body
from backtests
order by asked_at desc, id desc
limit :limit;

-- name: keep_latest(count)!
-- backtests_asked
delete from backtests
where id not in (
    select id
    from backtests
    order by asked_at desc, id desc
    limit :count
);
