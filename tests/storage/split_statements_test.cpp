#include <nexus/storage/migrations.h>

#include <doctest/doctest.h>

using nexus::storage::split_statements;
using Statements = std::vector<std::string>;

TEST_CASE("statements end at semicolons; the last one needs none") {
  CHECK(split_statements("A 1; B 2 ;\n C") == Statements{"A 1", "B 2", "C"});
  CHECK(split_statements(" ;; \n ; ").empty());
  CHECK(split_statements("").empty());
}

TEST_CASE("semicolons in quotes and comments are text") {
  CHECK(split_statements("A ';' \";\" `;`; B 'it''s;'") == Statements{"A ';' \";\" `;`", "B 'it''s;'"});
  CHECK(split_statements("-- one; two\nA /* ; */ 1; # B;\nC -- ;\n") == Statements{"A /* ; */ 1", "C"});
  CHECK(split_statements("A '\\'; B") == Statements{"A '\\'", "B"});
}

TEST_CASE("what is not closed goes to the end and no further") {
  CHECK(split_statements("A 'b; c") == Statements{"A 'b; c"});
  CHECK(split_statements("A /* b; c") == Statements{"A"});
  CHECK(split_statements("A -- b; c") == Statements{"A"});
}

TEST_CASE("the body of a trigger is one statement") {
  const std::string trigger =
      "CREATE TRIGGER t AFTER UPDATE ON a FOR EACH ROW WHEN CASE NEW.x WHEN 1 THEN 1 ELSE 0 END BEGIN "
      "UPDATE a SET b = CASE WHEN NEW.end > 0 THEN 1 ELSE 2 END; DELETE FROM c; END";
  CHECK(split_statements(trigger + "; SELECT 1;") == Statements{trigger, "SELECT 1"});
  const std::string mysql =
      "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN IF NEW.x > 0 THEN SET NEW.y = 1; ELSE SET NEW.y = 2; "
      "END IF; CASE NEW.z WHEN 1 THEN SET NEW.y = 3; ELSE SET NEW.y = 4; END CASE; END";
  CHECK(split_statements(mysql + ";\nB") == Statements{mysql, "B"});
}

TEST_CASE("BEGIN outside of a body is a statement of its own") {
  CHECK(split_statements("BEGIN; A; COMMIT") == Statements{"BEGIN", "A", "COMMIT"});
  CHECK(split_statements("CREATE TABLE t (begin INT); A") == Statements{"CREATE TABLE t (begin INT)", "A"});
}
