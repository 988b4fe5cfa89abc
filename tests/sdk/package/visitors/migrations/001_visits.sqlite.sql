CREATE TABLE visitors_visits (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL
);

-- down
DROP TABLE visitors_visits;
