-- The people who use the dashboard, the browsers in which they are signed in, and what they changed.

-- The password is an Argon2 hash; `link` is the digest of the token in a link that lets its holder set a password.
create table operators (
    id text primary key,
    name text not null,
    email text not null,
    role text not null check (role in ('viewer', 'editor', 'owner')),
    password text not null,
    link text not null check (length(link) in (0, 64)),
    link_until integer,
    created_at integer not null,
    disabled_at integer,
    check ((link = '') = (link_until is null))
) strict;

create table sessions (
    digest text primary key check (length(digest) = 64),
    operator text not null references operators (id),
    created_at integer not null,
    expires_at integer not null
) strict, without rowid;

create table changes (
    number integer primary key,
    at integer not null,
    who text not null,
    action text not null check (action <> ''),
    target text not null,
    detail text not null
) strict;
