-- Wrong passwords of an account. network '': from all addresses that are not known; else a network that the account was
-- logged in from (at known_us), with a counter of its own. Account 0 stands for the names that nobody has.
CREATE TABLE users_guesses (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account_id BIGINT NOT NULL,
  network TEXT NOT NULL,
  known_us BIGINT NOT NULL,
  failures BIGINT NOT NULL,
  closings BIGINT NOT NULL,
  closed_until_us BIGINT NOT NULL,
  last_failure_us BIGINT NOT NULL,
  UNIQUE (account_id, network)
);
INSERT INTO users_guesses (account_id, network, known_us, failures, closings, closed_until_us, last_failure_us)
VALUES (0, '', 0, 0, 0, 0, 0);
CREATE INDEX users_accounts_role ON users_accounts (role, status);

-- down
DROP INDEX users_accounts_role;
DROP TABLE users_guesses;
