// Tags as texts.
#include "tags.h"

#include <doctest/doctest.h>

using namespace nexus::servers;

using Tags = std::vector<std::string>;

TEST_CASE("tags are kept in a column and come back as they were") {
  for (const auto& tags : {Tags{}, Tags{"one"}, Tags{"生产", "a b", "c"}}) CHECK(split_tags(join_tags(tags)) == tags);
}

TEST_CASE("a list of tags is forgiving") {
  CHECK(listed_tags("").empty());
  CHECK(listed_tags(" , ,").empty());
  CHECK(listed_tags("web, prod ,web,,a b") == Tags{"web", "prod", "a b"});
  CHECK(listed_tags("web;a,b", ';') == Tags{"web", "a,b"});
}
