-- name: operators()
select id, name, email, role, password, link, link_until, created_at, disabled_at
from operators
order by created_at, id;

-- name: save_operator(id, name, email, role, password, link, link_until, created_at, disabled_at)!
-- the primary key of operators
insert into operators (id, name, email, role, password, link, link_until, created_at, disabled_at)
values (:id, :name, :email, :role, :password, :link, :link_until, :created_at, :disabled_at)
on conflict (id) do update
set name = excluded.name,
    email = excluded.email,
    role = excluded.role,
    password = excluded.password,
    link = excluded.link,
    link_until = excluded.link_until,
    created_at = excluded.created_at,
    disabled_at = excluded.disabled_at;

-- name: find_session(digest)^
-- the primary keys of sessions and operators
select
    s.digest, s.operator, s.created_at, s.expires_at,
    o.id, o.name, o.email, o.role, o.password, o.link, o.link_until, o.created_at, o.disabled_at
from sessions as s
join operators as o on o.id = s.operator
where s.digest = :digest;

-- name: save_session(digest, operator, created_at, expires_at)!
-- the primary key of sessions
insert into sessions (digest, operator, created_at, expires_at)
values (:digest, :operator, :created_at, :expires_at);

-- name: end_session(digest)!
-- the primary key of sessions
delete from sessions
where digest = :digest;

-- name: end_sessions(operator)!
-- a walk through sessions, which are few
delete from sessions
where operator = :operator;

-- name: forget_sessions(until)!
-- a walk through sessions, which are few
delete from sessions
where expires_at <= :until;

-- name: log_change(at, who, action, target, detail)!
insert into changes (at, who, action, target, detail)
values (:at, :who, :action, :target, :detail);

-- name: changes(before, limit)
-- the primary key of changes
select number, at, who, action, target, detail
from changes
where number < :before
order by number desc
limit :limit;
