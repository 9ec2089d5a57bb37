-- Run by the image at the first start, as the superuser, in the application's database.
-- The application gets a role of its own, which owns its database and nothing else.
\set ON_ERROR_STOP on
\set password `cat /run/secrets/dashly/DB_PASSWORD`
-- Stops here when there is none: such a role would let nobody in, and nobody would know why.
select 1 / length(:'password') as has_password \gset
create role dashly login nosuperuser nocreatedb nocreaterole password :'password';
alter database :"DBNAME" owner to dashly;
revoke connect, temporary on database :"DBNAME" from public;
-- Without a password nobody is the superuser over the network. On the pod's own socket the image lets it in:
-- kubectl exec -it postgres-0 -- psql -U postgres adsdata
alter role current_user password null;
