-- The sites and mobile apps that use the SDK, and the in-app messages that lie ready for their users.

-- The id is the publishable key; the secret signs user tokens and is kept as it is, for it is needed to check them.
create table apps (
    id text primary key,
    name text not null,
    origins text not null check (json_valid(origins)),
    secret text check (secret <> ''),
    requires_token integer not null check (requires_token in (0, 1)),
    created_at integer not null,
    revoked_at integer,
    check (requires_token = 0 or secret is not null)
) strict;

-- A message that was taken out keeps its row without the payload, so that it does not come back.
create table inbox (
    number integer primary key,
    message text not null unique,
    user text not null,
    campaign text not null,
    made_at integer not null,
    payload text check (payload is null or json_valid(payload))
) strict;

create index inbox_user on inbox (user, number);
