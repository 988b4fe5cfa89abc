// The session of the README, command by command: a newcomer gets what is printed there.
#include "integration/scenario.h"
#include "support/ssh_server.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

using nexus::test::Json;
using nexus::test::read_text;
using nexus::test::Scenario;
using nexus::test::SshServer;

namespace {

struct Session {
  std::string script;
  std::vector<Json> answers;  // as printed
};

// The first shell block that speaks to the API. The panel of the test and its SSH server stand in for the reader's.
Session session_of(const std::string& readme, const Scenario& panel, const SshServer& sshd, const std::string& key) {
  Session session;
  std::istringstream lines(read_text(NEXUS_SOURCE_DIR "/" + readme));
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("P=http")) {
      inside = true;
      line = "P=http://127.0.0.1:" + std::to_string(panel.port()) + "/api/v1";
    } else if (line.starts_with("SSH_PORT=")) {
      line = "SSH_PORT=" + std::to_string(sshd.port()) + " SSH_USER=" + sshd.user() + " KEY=" + key;
    }
    if (!inside) continue;
    if (line == "```") break;
    if (line.starts_with("# {")) {
      session.answers.push_back(Json::parse(line.substr(2)));
      session.script += "echo\n";
    } else {
      session.script += line + "\n";
    }
  }
  return session;
}

std::vector<Json> run(const std::string& script, const std::string& folder) {
  const auto file = folder + "/session.sh";
  std::ofstream(file) << script;
  const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(("bash " + file + " 2>&1").c_str(), "r"), pclose);
  std::string text;
  for (int next = std::fgetc(output.get()); next != EOF; next = std::fgetc(output.get()))
    text += static_cast<char>(next);
  std::vector<Json> answers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    CAPTURE(line);
    REQUIRE(Json::accept(line));
    answers.push_back(Json::parse(line));
  }
  return answers;
}

// Codes, messages and details as they are; of all else the names, their order and the types.
Json shape_of(const Json& value, const std::string& name = "") {
  if (name == "code" || name == "message" || name == "details" || value.is_boolean()) return value;
  if (value.is_array()) return Json::array({value.empty() ? Json() : shape_of(value[0])});
  if (!value.is_object()) return value.is_number() ? "<number>" : value.type_name();
  Json shape = Json::object();
  for (const auto& [member, part] : value.items()) shape[member] = shape_of(part, member);
  return shape;
}

}  // namespace

TEST_CASE("the session of the README works as printed, in both languages") {
  for (const std::string readme : {"README.md", "README.zh-CN.md"}) {
    CAPTURE(readme);
    SshServer sshd;
    Scenario panel;
    const auto folder = nexus::test::make_temporary_folder("nexus-readme");
    std::ofstream(folder + "/key") << sshd.private_key();
    const auto session = session_of(readme, panel, sshd, folder + "/key");
    REQUIRE(session.answers.size() == 9);
    const auto answers = run(session.script, folder);
    REQUIRE(answers.size() == session.answers.size());
    for (std::size_t i = 0; i < answers.size(); ++i) CHECK(shape_of(answers[i]) == shape_of(session.answers[i]));
    std::filesystem::remove_all(folder);
  }
}
