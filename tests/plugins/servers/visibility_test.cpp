// Who sees which servers and groups, on a real SQLite.
#include "visibility.h"

#include "grant_store.h"
#include "group_store.h"
#include "key_store.h"
#include "server_store.h"
#include "servers_resources.h"
#include "tag_store.h"

#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

#include <set>

using namespace nexus;
using namespace nexus::servers;

namespace {

using Ids = std::set<std::int64_t>;

constexpr Scope kAnna{11, false, false};
constexpr Scope kBert{12, false, false};
constexpr Scope kNora{13, false, false};
constexpr Scope kOperator{14, true, false};
constexpr Scope kNobody{0, false, false};

struct Database {
  Database() { REQUIRE(host.use(servers_resources()).ok()); }

  std::int64_t server(const Scope& owner, const std::string& name, std::vector<std::string> tags = {}) {
    Server server;
    server.tags = std::move(tags);
    server.owner_user_id = owner.user_id;
    server.name = name;
    server.host = name + ".example";
    server.ssh_user = "root";
    server.status = "unknown";
    server.created_us = ++now;
    return *servers().insert(server);
  }
  std::int64_t group(const Scope& owner, const std::string& name, std::optional<std::int64_t> parent = {}) {
    Group group;
    group.parent_id = parent;
    group.owner_user_id = owner.user_id;
    group.name = name;
    return *groups().insert(group);
  }
  void put(std::int64_t server, std::int64_t group) { REQUIRE(servers().join_group(server, group).ok()); }
  void grant(std::int64_t group, const Scope& who, Level level) {
    REQUIRE(GrantStore(Sql(*call)).put(group, {who.user_id, level, ++now}, 1).ok());
  }
  void take_back(std::int64_t group, const Scope& who) {
    REQUIRE(GrantStore(Sql(*call)).remove(group, who.user_id).ok());
  }

  // What the list shows, which must be what is counted, and what is found one by one.
  Ids seen(const Scope& who, ServerFilter filter = {}) {
    filter.limit = 1000;
    Ids ids;
    const auto list = servers().list(who, filter);
    REQUIRE(list.ok());
    for (const auto& server : *list) ids.insert(server.id);
    CHECK(ids.size() == list->size());
    CHECK(*servers().count(who, filter) == static_cast<std::int64_t>(ids.size()));
    for (const auto id : ids) CHECK(servers().find(who, id)->has_value());
    return ids;
  }
  Ids seen_groups(const Scope& who) {
    Ids ids;
    const auto list = groups().list(who, 1000, 0);
    REQUIRE(list.ok());
    for (const auto& group : *list) {
      ids.insert(group.id);
      CHECK(group.server_count == static_cast<std::int64_t>(seen(who, in(group.id)).size()));
      CHECK(groups().find(who, group.id)->value().access == group.access);
    }
    CHECK(*groups().count(who) == static_cast<std::int64_t>(ids.size()));
    return ids;
  }
  Level on_server(const Scope& who, std::int64_t id) {
    const auto found = servers().find(who, id);
    REQUIRE(found.ok());
    const auto access = servers().find_access(who, id);
    CHECK(access->has_value() == found->has_value());
    if (*access) CHECK((*access)->server.access == (*found)->access);
    return *found ? (*found)->access : Level::none;
  }
  Level on_group(const Scope& who, std::int64_t id) {
    const auto found = groups().find(who, id);
    REQUIRE(found.ok());
    return *found ? (*found)->access : Level::none;
  }
  static ServerFilter in(std::int64_t group) {
    ServerFilter filter;
    filter.group_id = group;
    return filter;
  }

  ServerStore servers() { return ServerStore(Sql(*call)); }
  GroupStore groups() { return GroupStore(Sql(*call)); }

  testing::FakeHost host{testing::Options{}, "servers"};
  testing::TestCall call = host.call();
  std::int64_t now = 1000;
};

}  // namespace

TEST_CASE("owners manage what is theirs, operators all, and nobody else sees it") {
  Database db;
  const auto one = db.server(kAnna, "one"), two = db.server(kBert, "two");
  const auto group = db.group(kAnna, "web");
  CHECK(db.seen(kAnna) == Ids{one});
  CHECK(db.seen(kBert) == Ids{two});
  CHECK(db.seen(kOperator) == Ids{one, two});
  CHECK(db.seen(kNora).empty());
  CHECK(db.seen(kNobody).empty());
  CHECK(db.on_server(kAnna, one) == Level::manage);
  CHECK(db.on_server(kOperator, one) == Level::manage);
  CHECK(db.on_server(kBert, one) == Level::none);
  CHECK(db.on_server(kNobody, one) == Level::none);
  CHECK(db.on_group(kAnna, group) == Level::manage);
  CHECK(db.on_group(kOperator, group) == Level::manage);
  CHECK(db.on_group(kBert, group) == Level::none);
  CHECK(db.seen_groups(kBert).empty());
}

TEST_CASE("a grant shows the group and the servers in it, with its level, and no others") {
  Database db;
  const auto inside = db.server(kAnna, "inside"), outside = db.server(kAnna, "outside");
  const auto group = db.group(kAnna, "web"), other = db.group(kAnna, "db");
  db.put(inside, group);
  db.put(outside, other);
  for (const auto level : {Level::view, Level::operate, Level::shell, Level::manage}) {
    db.grant(group, kBert, level);
    CHECK(db.on_server(kBert, inside) == level);
    CHECK(db.on_group(kBert, group) == level);
    CHECK(db.on_server(kBert, outside) == Level::none);
  }
  CHECK(db.seen(kBert) == Ids{inside});
  CHECK(db.seen_groups(kBert) == Ids{group});
  CHECK(db.seen(kNora).empty());
  CHECK(db.seen_groups(kNora).empty());

  db.take_back(group, kBert);
  CHECK(db.on_server(kBert, inside) == Level::none);
  CHECK(db.seen(kBert).empty());
  CHECK(db.seen_groups(kBert).empty());
}

TEST_CASE("of several groups the highest level counts") {
  Database db;
  const auto server = db.server(kAnna, "one");
  const auto low = db.group(kAnna, "low"), high = db.group(kAnna, "high"), foreign = db.group(kAnna, "foreign");
  for (const auto group : {low, high, foreign}) db.put(server, group);
  db.grant(low, kBert, Level::view);
  db.grant(high, kBert, Level::shell);
  db.grant(foreign, kNora, Level::manage);
  CHECK(db.on_server(kBert, server) == Level::shell);
  CHECK(db.seen(kBert) == Ids{server});
  db.take_back(high, kBert);
  CHECK(db.on_server(kBert, server) == Level::view);
  REQUIRE(db.servers().leave_group(server, low).ok());
  CHECK(db.on_server(kBert, server) == Level::none);
}

TEST_CASE("what is granted on a group counts for the groups in it, and not for those around it") {
  Database db;
  const auto top = db.group(kAnna, "top"), middle = db.group(kAnna, "middle", top),
             low = db.group(kAnna, "low", middle), beside = db.group(kAnna, "beside", top);
  const auto server = db.server(kAnna, "one"), other = db.server(kAnna, "two"), on_top = db.server(kAnna, "three");
  db.put(server, low);
  db.put(server, middle);
  db.put(other, beside);
  db.put(on_top, top);
  db.grant(middle, kBert, Level::operate);
  CHECK(db.seen_groups(kBert) == Ids{middle, low});
  CHECK(db.seen(kBert) == Ids{server});
  CHECK(db.seen(kBert, Database::in(middle)) == Ids{server});
  CHECK(db.seen(kBert, Database::in(top)).empty());
  CHECK(db.on_group(kBert, low) == Level::operate);
  CHECK(db.on_server(kBert, server) == Level::operate);
  CHECK(db.on_server(kBert, on_top) == Level::none);
  CHECK(db.groups().find(kBert, low)->value().parent_id == middle);
  // He learns nothing of what is above.
  CHECK_FALSE(db.groups().find(kBert, middle)->value().parent_id.has_value());
  CHECK(db.groups().find(kAnna, middle)->value().parent_id == top);
  CHECK(db.groups().find(kOperator, middle)->value().parent_id == top);

  db.grant(low, kBert, Level::view);
  CHECK(db.on_server(kBert, server) == Level::operate);
  db.grant(low, kBert, Level::manage);
  CHECK(db.on_server(kBert, server) == Level::manage);
  CHECK(db.on_group(kBert, middle) == Level::operate);
  CHECK(db.seen(kAnna, Database::in(top)) == Ids{server, other, on_top});
  CHECK(db.seen_groups(kAnna) == Ids{top, middle, low, beside});
  db.take_back(low, kBert);

  // Moved elsewhere, and removed from between.
  REQUIRE(db.groups().move(middle, beside).ok());
  db.grant(beside, kNora, Level::view);
  CHECK(db.seen_groups(kNora) == Ids{beside, middle, low});
  CHECK(db.seen(kNora) == Ids{server, other});
  REQUIRE(db.groups().remove(middle).ok());
  CHECK(db.seen_groups(kNora) == Ids{beside, low});
  CHECK(db.groups().find(kNora, low)->value().parent_id == beside);
  CHECK(db.seen_groups(kBert).empty());
  REQUIRE(db.groups().move(low, std::nullopt).ok());
  CHECK(db.seen_groups(kNora) == Ids{beside});
}

TEST_CASE("owning a group gives nothing on the servers of others in it") {
  Database db;
  const auto server = db.server(kAnna, "one");
  const auto group = db.group(kBert, "bert's");
  db.put(server, group);
  CHECK(db.on_server(kBert, server) == Level::none);
  CHECK(db.seen(kBert).empty());
  CHECK(db.groups().find(kBert, group)->value().server_count == 0);
  // Nor does its owner learn of a group that he does not see.
  CHECK(db.servers().memberships(kAnna, server)->empty());
}

TEST_CASE("filters, search and order find nothing that is not seen") {
  Database db;
  const auto secret = db.server(kAnna, "secret"), mine = db.server(kBert, "mine");
  const auto group = db.group(kAnna, "web"), bert_group = db.group(kBert, "bert's");
  db.put(secret, group);
  db.put(secret, bert_group);
  db.put(mine, bert_group);
  db.put(mine, group);
  // Bert's own server stands in a group that he does not see: the filter must not say so.
  CHECK(db.seen(kBert, Database::in(group)).empty());
  CHECK(db.seen(kBert, Database::in(bert_group)) == Ids{mine});
  ServerFilter filter;
  filter.search = "secret";
  CHECK(db.seen(kBert, filter).empty());
  filter = {};
  filter.status = "unknown";
  for (const auto* sort : {"name", "-name", "host", "-created_at", "id", "nonsense"}) {
    filter.sort = sort;
    CHECK(db.seen(kBert, filter) == Ids{mine});
  }
}

TEST_CASE("tags filter and are counted like the servers that have them") {
  Database db;
  const auto one = db.server(kAnna, "one", {"web", "prod"}), two = db.server(kAnna, "two", {"web"});
  db.server(kNora, "three", {"Web", "secret"});
  const auto group = db.group(kAnna, "g");
  db.put(two, group);
  db.grant(group, kBert, Level::view);
  const auto tagged = [&](const Scope& who, std::vector<std::string> tags) {
    ServerFilter filter;
    filter.tags = std::move(tags);
    return db.seen(who, filter);
  };
  CHECK(tagged(kAnna, {"web"}) == Ids{one, two});
  CHECK(tagged(kAnna, {"web", "prod"}) == Ids{one});
  CHECK(tagged(kAnna, {"web", "secret"}).empty());
  CHECK(tagged(kAnna, {"we"}).empty());
  CHECK(tagged(kBert, {"web"}) == Ids{two});
  CHECK(tagged(kBert, {"prod"}).empty());

  const auto counts = [&](const Scope& who) {
    std::string text;
    const TagStore store{Sql(*db.call)};
    const auto list = store.list(who, 100, 0);
    REQUIRE(list.ok());
    for (const auto& one_tag : *list) text += one_tag.tag + " " + std::to_string(one_tag.server_count) + ";";
    CHECK(*store.count(who) == static_cast<std::int64_t>(list->size()));
    return text;
  };
  CHECK(counts(kAnna) == "prod 1;web 2;");
  CHECK(counts(kBert) == "web 1;");
  CHECK(counts(kNobody) == "");
  CHECK(counts(kOperator) == "Web 1;prod 1;secret 1;web 2;");

  auto server = **db.servers().find(kAnna, one);
  server.tags = {"db"};
  server.updated_us = ++db.now;
  REQUIRE(*db.servers().update(server, 0));
  CHECK(counts(kAnna) == "db 1;web 1;");
  REQUIRE(*db.servers().remove(one));
  CHECK(counts(kAnna) == "web 1;");
}

TEST_CASE("a key is its owner's alone, and what uses it is named only to who sees that") {
  Database db;
  SshKey key;
  key.owner_user_id = kBert.user_id;
  key.name = key.type = key.fingerprint = key.public_key = "k";
  const KeyStore keys{Sql(*db.call)};
  const auto id = *keys.insert(key);
  const auto group = db.group(kAnna, "web");
  auto server = **db.servers().find(kAnna, db.server(kAnna, "one"));
  db.put(server.id, group);
  db.grant(group, kBert, Level::manage);
  db.grant(group, kNora, Level::manage);
  server.ssh_key_id = id;
  server.updated_us = ++db.now;
  REQUIRE(*db.servers().update(server, 0));

  CHECK_FALSE(keys.find(kAnna, id)->has_value());
  CHECK_FALSE(keys.find(kNora, id)->has_value());
  CHECK(keys.find(kOperator, id)->has_value());
  CHECK(*keys.count(kNora) == 0);
  CHECK(db.servers().with_key(kBert, id)->size() == 1);
  db.take_back(group, kBert);
  CHECK(db.servers().with_key(kBert, id)->empty());
}

TEST_CASE("a server that was changed meanwhile is not written over") {
  Database db;
  auto server = **db.servers().find(kAnna, db.server(kAnna, "one"));
  server.updated_us = 5;
  CHECK(*db.servers().update(server, 0));
  server.updated_us = 6;
  CHECK_FALSE(*db.servers().update(server, 0));
  CHECK(*db.servers().update(server, 5));
}

TEST_CASE("a removed user leaves no grant, and others' stay") {
  Database db;
  const auto one = db.group(kAnna, "one"), two = db.group(kAnna, "two");
  db.grant(one, kBert, Level::view);
  db.grant(two, kBert, Level::manage);
  db.grant(one, kNora, Level::view);
  const GrantStore grants{Sql(*db.call)};
  CHECK(*grants.remove_user(kBert.user_id) == 2);
  CHECK(grants.of_group(one)->size() == 1);
  CHECK(grants.of_group(two)->empty());
  REQUIRE(db.groups().remove(one).ok());
  CHECK(grants.of_group(one)->empty());
}

namespace {

std::string plan_of(Database& db, const std::string& statement) {
  std::string text;
  const auto rows = Sql(*db.call).all([](const Row& row) { return row.string(3); }, "EXPLAIN QUERY PLAN " + statement);
  REQUIRE(rows.ok());
  for (const auto& row : *rows) text += row + "\n";
  return text;
}

std::string with_ids(const Condition& condition) {
  std::string text(condition.text);
  for (const auto value : condition.args) text.replace(text.find('?'), 1, std::to_string(value));
  return text;
}

}  // namespace

TEST_CASE("host keys that wait are found and put in order by an index, not by looking at those that are trusted") {
  Database db;
  for (const auto& scope : {kOperator, kBert}) {
    const auto text =
        plan_of(db,
                "SELECT k.id, s.name FROM servers_host_keys k JOIN servers_servers s ON s.id = k.server_id "
                "WHERE k.state = 'pending' AND " +
                    with_ids(sees_server(scope)) + " ORDER BY k.last_seen_us DESC, k.id DESC LIMIT 20");
    CAPTURE(text);
    CHECK(text.find("servers_host_keys_state (state=?)") != std::string::npos);
    CHECK(text.find("SCAN") == std::string::npos);
    CHECK(text.find("TEMP B-TREE") == std::string::npos);
  }
}

TEST_CASE("long lists are found by their indexes, not by looking at each server for each grant") {
  Database db;
  for (const auto& statement :
       {"SELECT COUNT(*) FROM servers_servers s WHERE " + with_ids(sees_server(kBert)),
        "SELECT COUNT(*) FROM servers_groups g WHERE " + with_ids(sees_group(kBert)),
        "SELECT " + with_ids(level_on_server(kBert)) + " FROM servers_servers s WHERE s.id = 1",
        "SELECT " + with_ids(level_on_group(kBert)) + " FROM servers_groups g WHERE g.id = 1"}) {
    const auto text = plan_of(db, statement);
    CAPTURE(text);
    CHECK(text.find("SCAN") == std::string::npos);
    CHECK(text.find("servers_grants") != std::string::npos);
  }
}
