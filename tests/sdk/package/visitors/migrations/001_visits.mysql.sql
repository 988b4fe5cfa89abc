CREATE TABLE visitors_visits (
  id BIGINT PRIMARY KEY AUTO_INCREMENT,
  path VARCHAR(255) NOT NULL
);

-- down
DROP TABLE visitors_visits;
