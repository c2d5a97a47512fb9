-- breaking: no
-- Builds and their artifacts.

select 1;
