CREATE TABLE hello_notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  text TEXT NOT NULL,
  author TEXT NOT NULL,
  created_us INTEGER NOT NULL
);
INSERT INTO hello_notes (id, text, author, created_us) VALUES (1, 'Welcome to NexusPanel', 'panel', 1704067200000000);

-- down
DROP TABLE hello_notes;
