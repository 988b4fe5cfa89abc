CREATE TABLE hello_notes (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  text VARCHAR(500) NOT NULL,
  author VARCHAR(255) NOT NULL,
  created_us BIGINT NOT NULL
) CHARACTER SET utf8mb4;
INSERT INTO hello_notes (id, text, author, created_us) VALUES (1, 'Welcome to NexusPanel', 'panel', 1704067200000000);

-- down
DROP TABLE hello_notes;
