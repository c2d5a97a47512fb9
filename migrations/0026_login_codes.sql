-- breaking: no
-- Logins through a browser.

select 1;
