# SFP_TEST_GOTRUE: a directory with the program `auth` and its `migrations`.
ARG BASE
FROM ${BASE}
RUN useradd --uid 1000 --user-group --no-create-home supabase
COPY program /usr/local/auth
ENV GOTRUE_DB_MIGRATIONS_PATH=/usr/local/auth/migrations
USER supabase
CMD ["/usr/local/auth/auth"]
