-- breaking: no
-- States that a deployment has before its first stage, and after a refusal.

select 1;
