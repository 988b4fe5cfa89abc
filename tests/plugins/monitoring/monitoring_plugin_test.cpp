// The whole plugin in a FakeHost, with a server that the test plays.
#include <nexus/cpp/contracts/ssh.h>
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

#include <set>

using namespace nexus;

namespace {

testing::Options with_clock() {
  testing::Options options;
  options.automatic_clock = true;
  return options;
}

// Answers as a machine with one core does, half busy between the two looks.
class Machine {
 public:
  Result<std::string> answer(std::string_view method, std::string_view payload) {
    const auto question = *contracts::from_cbor(payload);
    levels.insert(question.value("level", "none"));
    if (method == "stat_fs") {
      Json systems = Json::array();
      systems.push_back(contracts::to_json(contracts::FileSystem{"/", true, 1000, 400, 300}));
      return contracts::encode_cbor_answer(Json{{"file_systems", systems}});
    }
    ++looks;
    Json files = Json::array();
    for (const auto& path : contracts::read_files_request_from(question).paths) {
      files.push_back(contracts::to_json(contracts::FileContent{path, true, content(path)}));
    }
    return contracts::encode_cbor_answer(Json{{"files", files}});
  }

  std::set<std::string> levels;  // that were asked for
  int looks = 0;
  bool is_linux = true;

 private:
  std::string content(const std::string& path) const {
    if (!is_linux) return "";
    if (path == "/proc/meminfo") return "MemTotal: 100 kB\nMemAvailable: 25 kB\n";
    if (path == "/proc/net/dev") return "eth0: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n";
    if (path == "/proc/mounts") return "/dev/sda1 / ext4 rw 0 0\n";
    return looks == 1 ? "cpu 0 0 0 0\ncpu0 0 0 0 0\n" : "cpu 5 0 0 5\ncpu0 5 0 0 5\n";
  }
};

struct Panel {
  Panel() : host(with_clock()) {
    host.fake_service(std::string(contracts::kSshService), [this](std::string_view method, std::string_view payload) {
      return failure ? Result<std::string>(contracts::encode_cbor_answer(*failure)) : machine.answer(method, payload);
    });
    REQUIRE(host.load_file(MONITORING_PLUGIN).ok());
    REQUIRE(host.start().ok());
  }
  testing::Answer measure() { return host.get("/api/v1/servers/7/metrics"); }

  Machine machine;
  std::optional<Error> failure;
  testing::FakeHost host;
};

}  // namespace

TEST_CASE("a server is looked at twice and described as documented") {
  Panel panel;
  const auto answer = panel.measure();
  CHECK(answer.http_status == 200);
  CHECK(panel.machine.looks == 2);
  // Whoever sees the server may measure it.
  CHECK(panel.machine.levels == std::set<std::string>{"view"});
  CHECK(answer.data["cpu"]["usage_percent"] == 50.0);
  CHECK(answer.data["memory"]["used"] == 75 * 1024);
  CHECK(answer.data["disk"][0]["usage_percent"] == 60.0);
  CHECK(answer.data["network"]["bytes_sent"] == 3);
}

TEST_CASE("what goes wrong on the way is passed on with its stage") {
  Panel panel;
  panel.failure = Error::api(code::kHostKeyChanged).with_extra(R"({"stage":"host_key"})");
  const auto changed = panel.measure();
  CHECK(changed.app_code == code::kHostKeyChanged);
  CHECK(changed.extra["stage"] == "host_key");
  panel.failure = Error::api(code::kNotFound);
  CHECK(panel.measure().app_code == code::kNotFound);
}

TEST_CASE("a machine that is no Linux is said to be unreadable") {
  Panel panel;
  panel.machine.is_linux = false;
  const auto answer = panel.measure();
  CHECK(answer.app_code == code::kSshFailed);
  CHECK(answer.extra["error"] == "unreadable");
}
