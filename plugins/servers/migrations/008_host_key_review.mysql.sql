-- The list of keys that wait for a person asks for a state, newest first; nearly all keys are trusted ones.
CREATE INDEX servers_host_keys_state ON servers_host_keys (state, last_seen_us, id);

-- down
DROP INDEX servers_host_keys_state ON servers_host_keys;
