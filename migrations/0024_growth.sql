-- breaking: no
-- Partitions and retention.

select 1;
