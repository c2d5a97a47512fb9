-- breaking: no
-- Releases.

select 1;
