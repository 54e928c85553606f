-- name: put(message, user, campaign, made_at, payload)!
-- the unique index of inbox
insert into inbox (message, user, campaign, made_at, payload)
values (:message, :user, :campaign, :made_at, :payload)
on conflict (message) do nothing;

-- name: find(message)^
-- the unique index of inbox
select message, user, campaign, made_at, payload
from inbox
where message = :message
  and payload is not null;

-- name: of_user(user)
-- inbox_user
select message, user, campaign, made_at, payload
from inbox
where user = :user
  and payload is not null
order by number;

-- name: remove(message)!
-- the unique index of inbox
update inbox
set payload = null
where message = :message;

-- name: remove_all(user)!
-- inbox_user
delete from inbox
where user = :user;
