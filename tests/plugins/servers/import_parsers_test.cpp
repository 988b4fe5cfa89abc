// Servers in the words of an ssh_config, a table and a JSON text.
#include "import_csv.h"
#include "import_json.h"
#include "import_ssh_config.h"

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::servers;

namespace {

// "3 web root@10.0.0.5:22 via bastion; 7 !name_invalid; 9 -include_ignored"
std::string told(const std::string& format, const std::string& content) {
  const auto entries = parse_import(format, content);
  if (!entries.ok()) return "refused " + entries.error().details_key();
  std::string text;
  for (const auto& entry : *entries) {
    text += (text.empty() ? "" : "; ") + std::to_string(entry.line) + " ";
    if (entry.problem) {
      text += (entry.ignored ? "-" : "!") + entry.problem->details_key().substr(8);
      continue;
    }
    const auto& change = entry.change;
    text += entry.name + " " + change.ssh_user.value_or("") + "@" + change.host.value_or("");
    if (change.port) text += ":" + std::to_string(*change.port);
    for (const auto& tag : change.tags.value_or(std::vector<std::string>{})) text += " #" + tag;
    if (change.password && *change.password) text += " pw";
    for (const auto& jump : entry.jumps) text += " via " + jump;
    for (const auto id : change.group_ids.value_or(std::vector<std::int64_t>{})) text += " g" + std::to_string(id);
    for (const auto& group : entry.groups) text += " in " + group;
  }
  return text;
}

struct Row {
  std::string content;
  std::string expected;
};

void check(const std::string& format, const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    CAPTURE(row.content.substr(0, 200));
    CHECK(told(format, row.content) == row.expected);
  }
}

}  // namespace

TEST_CASE("an ssh_config is read as ssh reads it") {
  check(
      "ssh_config",
      {{"", ""},
       {"# nothing\n\n", ""},
       {"Host web\n  HostName 10.0.0.5\n  User root\n  Port 2222\n", "1 web root@10.0.0.5:2222"},
       {"\xef\xbb\xbfHost web\r\n\tUser root\r\n", "1 web root@web"},
       {"host=web\nUSER = root\nhostname=  \"10.0.0.5\"", "1 web root@10.0.0.5"},
       {"Host a b\nUser root\nHost c", "1 a root@a; 1 b root@b; 3 c @c"},
       // The first value counts, also of patterns; what stands before any Host is for all.
       {"User first\nHost web\nUser root", "2 web first@web"},
       {"Host web db\nUser root\nHost web\nUser later\nHostName 10.0.0.5", "1 web root@10.0.0.5; 1 db root@db"},
       {"Host w*\nUser web\nHost web x\nHost * !x\nUser any\nPort 23", "3 web web@web:23; 3 x @x"},
       {"Host web\nMatch all\nUser all\nMatch user root\nPort 1\nHost db\n",
        "1 web all@web; 4 -import_match_ignored; 6 db all@db"},
       {"Include conf.d/*\nHost web\n", "1 -import_include_ignored; 2 web @web"},
       {"Host web\nHostName %h.example%%\nHost db\nHostName %x", "1 web @web.example%; 3 db @%x"},
       {"Host a\nProxyJump b\nHost b\nProxyJump none\nHost c\nProxyJump root@gate:2200",
        "1 a @a via b; 3 b @b; 5 c @c via root@gate:2200"},
       // A hop of a list is reached through the one before it, unless it has a way of its own.
       {"Host web\nProxyJump a,b,c\nHost c b a\n", "1 web @web via a via b via c; 3 c @c via b; 3 b @b via a; 3 a @a"},
       {"Host web\nProxyJump a,b\nHost b\nProxyJump own\n", "1 web @web via a via b; 3 b @b via own"},
       {"Host one\nProxyJump a,c\nHost two\nProxyJump b,c\nHost a b c\n",
        "1 one @one via a via c; 3 two @two via b via c; 5 a @a; 5 b @b; 5 c @c via a"},
       {"Host one\nProxyJump a,b\nHost two\nProxyJump b,a\nHost three\nProxyJump a,a\nHost a b\n",
        "1 one @one via a via b; 3 two @two via b via a; 5 three @three via a via a; 7 a @a; 7 b @b via a"},
       // A hop that says more than a name is the entry that it fits, wherever that stands.
       {"Host web\nProxyJump root@b\nHost db\nProxyJump root@10.0.0.1:23\nHost b\nHostName 10.0.0.1\nPort 23\nUser "
        "root",
        "1 web @web via b; 3 db @db via b; 5 b root@10.0.0.1:23"},
       {"Host web\nProxyJump web@b\nHost db\nProxyJump b:22\nHost b\nPort 23\nUser root",
        "1 web @web via web@b; 3 db @db via b:22; 5 b root@b:23"},
       {"Host web\nProxyJump H\nHost b c\nHostName h\nHost b\nUser one\nHost c\nUser two\n",
        "1 web @web via H; 3 b one@h; 3 c two@h"},
       {"Host web\nProxyJump a,root@c\nHost a c\nUser root\n", "1 web @web via a via c; 3 a root@a; 3 c root@c via a"},
       {"Host web\nHostName h\nUser root\nProxyJump root@h\n", "1 web root@h via root@h"},
       {"Host web\nProxyJump 1,2,3,4,5,6,7,8,9\nHost db\nProxyJump 1,2,3,4,5,6,7,8",
        "1 !jump_too_long; 3 db @db via 1 via 2 via 3 via 4 via 5 via 6 via 7 via 8"},
       {"Host web # the \"web\nUser root", "1 web root@web"},
       {"Host web\nUser \"root\n", "1 web @web; 2 !import_quote_open"},
       {"Host web\nPort many\n", "1 web @web:0"},
       {"Host " + std::string(20'000, 'a') + "\nHost b\n", "1 !import_line_too_long; 2 b @b"},
       {"Host \"two words\"\n", "1 two words @two words"},
       {"Host \x01\n", "1 !name_invalid"}});
}

TEST_CASE("the words of a line of ssh_config") {
  using Words = std::vector<std::string>;
  CHECK(*ssh_config_words("") == Words{});
  CHECK(*ssh_config_words("a=b=c") == Words{"a", "b=c"});
  CHECK(*ssh_config_words("a = b") == Words{"a", "b"});
  CHECK(*ssh_config_words("a 'b c'd \"e\\\"f\" g\\ h") == Words{"a", "b cd", "e\"f", "g h"});
  CHECK(*ssh_config_words("a b#c #d") == Words{"a", "b#c"});
  CHECK(*ssh_config_words("a \"\"") == Words{"a", ""});
  CHECK_FALSE(ssh_config_words("a 'b").has_value());
}

TEST_CASE("patterns of hosts") {
  CHECK(matches_host_pattern("*", ""));
  CHECK(matches_host_pattern("w?b*", "web01"));
  CHECK(matches_host_pattern("*.example", "a.b.example"));
  CHECK_FALSE(matches_host_pattern("w?b", "web01"));
  CHECK_FALSE(matches_host_pattern("?", ""));
  // Does not take for ever.
  CHECK_FALSE(matches_host_pattern("*a*a*a*a*a*a*a*a*a*a*a*b", std::string(128, 'a')));
}

TEST_CASE("a table is read by its headings") {
  const std::string head = "name,host,ssh_user\n";
  check("csv",
        {{"", "refused servers.import_headings"},
         {"name,host\n", "refused servers.import_headings"},
         {"name,host,ssh_user,colour\n", "refused servers.import_headings"},
         {"name,host,ssh_user,name\n", "refused servers.import_headings"},
         {head, ""},
         {head + "web,10.0.0.5,root\n", "2 web root@10.0.0.5"},
         {"\xef\xbb\xbfHost,SSH_USER,Name,port,tags,password,jump_server\r\n10.0.0.5,root,web,2222,a; b,x,gate\r\n",
          "2 web root@10.0.0.5:2222 #a #b pw via gate"},
         {head + "\n\r\n\"we\"\"b, 1\",\"10.0.0.5\",root", "4 we\"b, 1 root@10.0.0.5"},
         {head + "\"two\nlines\",h,u\nnext,h,u", "2 two\nlines u@h; 4 next u@h"},
         {head + "a,b\na,b,c,d\nok,h,u\n", "2 !import_cells; 3 !import_cells; 4 ok u@h"},
         {head + "a\"b,h,u\n\"a\"b,h,u\nok,h,u\n", "2 !import_quote_misplaced; 3 !import_quote_misplaced; 4 ok u@h"},
         {head + "ok,h,u\n\"open,h,u\nlost,h,u\n", "2 ok u@h; 3 !import_quote_open"},
         {head + "ok,h,u\n" + std::string(20'000, 'a') + ",h,u\nok,h,u", "2 ok u@h; 3 !import_line_too_long; 4 ok u@h"},
         {"name,host,ssh_user,group_ids,groups\nweb,h,u,4; 5,\ndb,h,u,x,eu/web; a b\nno,h,u,,\n",
          "2 web u@h g4 g5; 3 db u@h g0 in eu/web in a b; 4 no u@h"},
         {"name,host,ssh_user,port\nweb,h,u,\ndb,h,u,2x\n", "2 web u@h; 3 db u@h:0"}});
}

TEST_CASE("JSON is an array of objects whose members are known") {
  check("json",
        {{"", "refused servers.import_no_array"},
         {"{}", "refused servers.import_no_array"},
         {"[", "refused servers.import_no_array"},
         {std::string(100'000, '['), "refused servers.import_no_array"},
         {R"([[[["deep"]]]])", "refused servers.import_no_array"},
         {"[]", ""},
         {"[\n {\"name\":\"we\\nb\\u00e9\",\n\"host\":\"h\",\"ssh_user\":\"u\",\"port\":23},\n\n{\"name\":\"b\"}]",
          "2 we\nb\u00e9 u@h:23; 5 b @"},
         {R"([1, {"name":"a","colour":1}, {"name":"b","port":"22"}, {"tags":["a",1]}, {"name":null,"tags":["x"]}])",
          "1 !import_no_object; 1 !import_member_unknown; 1 !import_member_type; 1 !import_member_type; 1  @ #x"},
         {R"([{"name":"a","password":"p","jump_server":"gate"}])", "1 a @ pw via gate"},
         {R"([{"name":"a","group_ids":[4,5],"groups":["web"]}, {"group_ids":["4"]}, {"groups":[4]}, {"groups":"web"},
              {"group_ids":[4.5]}, {"jump_server":["a"]}])",
          "1 a @ g4 g5 in web; 1 !import_member_type; 1 !import_member_type; 1 !import_member_type; "
          "2 !import_member_type; 2 !import_member_type"}});
}

TEST_CASE("an import is bounded") {
  std::string config, table = "name,host,ssh_user\n", json = "[";
  for (int i = 0; i < 1000; ++i) {
    config += "Host h" + std::to_string(i) + "\n";
    table += "a,b,c\n";
    json += i == 0 ? "{}" : ",{}";
  }
  for (const auto& [format, content, more, end] : std::vector<std::array<std::string, 4>>{
           {"ssh_config", config, "Host more\n", ""}, {"csv", table, "a,b,c\n", ""}, {"json", json, ",{}", "]"}}) {
    CHECK(parse_import(format, content + end)->size() == 1000);
    CHECK(told(format, content + more + end) == "refused servers.import_too_many");
    CHECK(told(format, std::string(kMaxImportBytes + 1, '#')) == "refused servers.import_too_long");
  }
  std::string patterns;
  for (int i = 0; i < 101; ++i) patterns += "Host *" + std::to_string(i) + "\n";
  CHECK(told("ssh_config", patterns) == "refused servers.import_too_many");
}
