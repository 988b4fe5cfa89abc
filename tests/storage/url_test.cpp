#include "url.h"

#include <doctest/doctest.h>

using nexus::Status;
using nexus::storage::Dialect;
using nexus::storage::parse_url;

TEST_CASE("a SQLite URL is an absolute path, percent-decoded") {
  const auto location = parse_url("sqlite:///var/lib/a%20b.db");
  REQUIRE(location.ok());
  CHECK(location->dialect == Dialect::sqlite);
  CHECK(location->path == "/var/lib/a b.db");
}

TEST_CASE("a MySQL URL names everything; the password may hold any character") {
  const auto location = parse_url("mysql://panel:p%40ss%3A%2F'%25@db.example:3307/nexus");
  REQUIRE(location.ok());
  CHECK(location->user == "panel");
  CHECK(location->password == "p@ss:/'%");
  CHECK(location->host == "db.example");
  CHECK(location->port == 3307);
  CHECK(location->database == "nexus");
  CHECK(location->shown() == "mysql://panel@db.example:3307/nexus");
}

TEST_CASE("ports are optional, IPv6 is in brackets, localhost means TCP") {
  CHECK(parse_url("mysql://u:p@host/d")->port == 3306);
  const auto six = parse_url("mysql://u:p@[::1]:4000/d");
  REQUIRE(six.ok());
  CHECK(six->host == "::1");
  CHECK(six->port == 4000);
  CHECK(parse_url("mysql://u:p@localhost/d")->host == "127.0.0.1");
}

TEST_CASE("wrong URLs are refused, and what they hold is not repeated") {
  for (const char* url :
       {"", "postgres://u:secret@h/d", "sqlite://relative.db", "sqlite:///a%2", "sqlite:///a%00b", "sqlite:///a%22b",
        "mysql://h/d", "mysql://u:secret@h", "mysql://u:secret@h:0/d", "mysql://u:secret@h:70000/d",
        "mysql://u:secret@h:/d", "mysql://u:secret@:3306/d", "mysql://u:secret@[::1/d", "mysql://u:secret@h/",
        "mysql://:secret@h/d", "mysql://u:%zz@h/d"}) {
    CAPTURE(url);
    const auto location = parse_url(url);
    REQUIRE_FALSE(location.ok());
    CHECK(location.error().status() == Status::invalid);
    CHECK(location.error().reason().find("secret") == std::string::npos);
  }
}
