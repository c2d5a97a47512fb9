# SFP_TEST_REALTIME: an Erlang release, as `mix release` leaves it.
ARG BASE
FROM ${BASE}
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libncurses6 libssl3 libstdc++6 \
  && rm -rf /var/lib/apt/lists/*
COPY program /app
RUN chown -R 65534:65534 /app
WORKDIR /app
CMD ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-euc", "bin/migrate; bin/realtime eval 'Realtime.Release.seeds(Realtime.Repo)'; exec bin/server"]
