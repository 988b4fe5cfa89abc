// Work on a server, against a real OpenSSH: logging in, commands, files, file systems.
#include "engine_fixture.h"

#include <sys/statvfs.h>

#include <csignal>
#include <fstream>

using namespace nexus::test;

namespace {

// One server that is trusted, and an engine.
struct Work {
  explicit Work(ssh::Target its_target) : target(std::move(its_target)) { rig.trust(target); }

  ssh::CommandResult run(const std::string& command, std::size_t limit = 1024 * 1024) {
    Answer<ssh::CommandResult> answer;
    rig.engine.run_command(target, command, limit, {}, answer.done());
    const auto& result = answer.wait();
    if (!result.ok()) INFO(result.error().reason);
    REQUIRE(result.ok());
    return result.value();
  }
  ssh::Outcome<ssh::Engine::Files> read(std::vector<std::string> paths, std::size_t limit) {
    Answer<ssh::Engine::Files> answer;
    rig.engine.read_files(target, std::move(paths), limit, {}, answer.done());
    return answer.wait();
  }
  ssh::Outcome<std::vector<std::optional<ssh::Space>>> stat(std::vector<std::string> paths) {
    Answer<std::vector<std::optional<ssh::Space>>> answer;
    rig.engine.stat_file_systems(target, std::move(paths), {}, answer.done());
    return answer.wait();
  }

  ssh::Target target;
  Rig rig;
};

}  // namespace

TEST_CASE("every kind of key logs in") {
  SshServer server;
  const auto folder = make_temporary_folder("nexus-keys");
  for (const auto& [type, bits] : std::vector<std::pair<std::string, std::string>>{{"rsa", "2048"},
                                                                                   {"rsa", "3072"},
                                                                                   {"ecdsa", "256"},
                                                                                   {"ecdsa", "384"},
                                                                                   {"ecdsa", "521"},
                                                                                   {"ed25519", "256"}}) {
    CAPTURE(type + bits);
    const auto file = folder + "/" + type + bits;
    run_program({"ssh-keygen", "-q", "-t", type, "-b", bits, "-N", "", "-f", file});
    const auto key = load_key(read_text(file));
    server.authorize(key.public_line());
    CHECK(Work(target_of(server.port(), {server.user(), key, {}}, std::make_shared<MemoryGate>())).run("echo in").out ==
          "in\n");
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("a password logs in, alone and after a key that the server does not know") {
  SshServer server({.account_password = "Gehe1m, mit Wörtern"});
  const auto gate = std::make_shared<MemoryGate>();
  for (const auto& key : {std::optional<ssh::PrivateKey>(), std::optional(ssh::PrivateKey::generate_ed25519())}) {
    CHECK(Work(target_of(server.port(), {server.user(), key, "Gehe1m, mit Wörtern"}, gate)).run("echo in").out ==
          "in\n");
  }
}

TEST_CASE("an RSA key logs in where the server takes only SHA-256 signatures") {
  SshServer server({.extra = {"PubkeyAcceptedAlgorithms rsa-sha2-256"}});
  const auto folder = make_temporary_folder("nexus-keys");
  run_program({"ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", folder + "/key"});
  const auto key = load_key(read_text(folder + "/key"));
  server.authorize(key.public_line());
  CHECK(Work(target_of(server.port(), {server.user(), key, {}}, std::make_shared<MemoryGate>())).run("echo in").out ==
        "in\n");
  std::filesystem::remove_all(folder);
}

TEST_CASE("a command's status, signal, output and errors come back") {
  SshServer server;
  Work work(target_of(server));

  const auto plain = work.run("echo out; echo err >&2; exit 7");
  CHECK(plain.exit_status == 7);
  CHECK(plain.signal == "");
  CHECK(plain.out == "out\n");
  CHECK(plain.err == "err\n");
  CHECK_FALSE(plain.truncated);

  const auto killed = work.run("echo before; kill -TERM $$");
  CHECK(killed.signal == "TERM");
  CHECK(killed.out == "before\n");

  CHECK(work.run("exit 0").exit_status == 0);
  CHECK(work.run("printf 'no newline' >&2").err == "no newline");
  CHECK(work.run("no_such_command").exit_status == 127);
  CHECK(work.run("printf '%s' \"it's $((1 + 1))\"").out == "it's 2");
  CHECK(work.run("printf '\\001\\377\\000x'").out == std::string("\001\377\000x", 4));
}

TEST_CASE("large output on both streams at once is read whole or cut at the limit, and never blocks") {
  SshServer server;
  Work work(target_of(server));
  const std::string both = "head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait";

  const auto whole = work.run(both, 4'000'000);
  CHECK(whole.out.size() == 3'000'000);
  CHECK(whole.err.size() == 3'000'000);
  CHECK_FALSE(whole.truncated);

  const auto cut = work.run(both + "; exit 3", 1000);
  CHECK(cut.exit_status == 3);
  CHECK(cut.out.size() == 1000);
  CHECK(cut.err.size() == 1000);
  CHECK(cut.truncated);
  CHECK(work.run("echo still there").out == "still there\n");
}

TEST_CASE("a command whose time is up ends on the other side too") {
  SshServer server;
  Work work(target_of(server));
  const auto mark = server.folder() + "/finished";
  const auto before = ssh::Clock::now();
  const auto answer =
      work.rig.command(work.target, "sleep 4; touch " + mark, {ssh::Priority::task, before + milliseconds(1500)});
  const auto& result = answer.wait();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().fault == ssh::Fault::timed_out);
  CHECK(ssh::Clock::now() - before < milliseconds(3000));
  std::this_thread::sleep_for(milliseconds(3500));
  CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("a command that does not want to end is killed") {
  SshServer server;
  Work work(target_of(server));
  const auto mark = server.folder() + "/process";
  const auto answer = work.rig.command(work.target, "trap '' TERM; echo $$ >" + mark + "; while :; do sleep 1; done",
                                       {ssh::Priority::task, ssh::Clock::now() + milliseconds(1000)});
  CHECK_FALSE(answer.wait().ok());
  const auto process = std::stoi(read_text(mark));
  CHECK(::kill(process, 0) == 0);
  for (int i = 0; i < 100 && ::kill(process, 0) == 0; ++i) std::this_thread::sleep_for(milliseconds(100));
  CHECK(::kill(process, 0) != 0);
}

TEST_CASE("a command that nobody waits for any more ends early") {
  SshServer server;
  Work work(target_of(server));
  const auto answer = work.rig.command(work.target, "yes");
  std::this_thread::sleep_for(milliseconds(300));
  const auto before = ssh::Clock::now();
  answer.ticket.cancel();
  const auto& result = answer.wait();
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().fault == ssh::Fault::cancelled);
  CHECK(ssh::Clock::now() - before < seconds(2));
  CHECK(work.run("echo still there").out == "still there\n");
}

TEST_CASE("files of /proc and large ones are read byte for byte, with SFTP and without") {
  for (const bool with_sftp : {true, false}) {
    CAPTURE(with_sftp);
    SshServer server({.sftp = with_sftp});
    Work work(target_of(server));
    std::string megabyte;
    for (unsigned i = 0, random = 1; i < 1'000'000; ++i, random = random * 1664525 + 1013904223) {
      megabyte += static_cast<char>(random >> 24);
    }
    const auto large = server.folder() + "/it's large";
    std::ofstream(large, std::ios::binary) << megabyte;
    std::ofstream(server.folder() + "/empty");

    const auto files = work.read(
        {"/proc/version", large, "/no/such/file", server.folder() + "/empty", "/proc/cpuinfo", server.folder()},
        2'000'000);
    REQUIRE(files.ok());
    REQUIRE(files.value().size() == 6);
    CHECK(files.value()[0] == read_text("/proc/version"));
    CHECK((files.value()[1] == megabyte));
    CHECK_FALSE(files.value()[2].has_value());
    CHECK(files.value()[3] == "");
    CHECK(files.value()[4].value_or("").size() > 100);
    CHECK_FALSE(files.value()[5].has_value());

    const auto limited = work.read({large}, 10'000);
    REQUIRE(limited.ok());
    CHECK((limited.value()[0] == megabyte.substr(0, 10'000)));
  }
}

TEST_CASE("an account that may only use SFTP gives its files, and refuses commands clearly") {
  SshServer server({.sftp_only = true});
  Work work(target_of(server));
  const auto files = work.read({"/proc/version"}, 10'000);
  REQUIRE(files.ok());
  CHECK(files.value()[0] == read_text("/proc/version"));
  const auto answer = work.rig.command(work.target, "true", {ssh::Priority::task, ssh::Clock::now() + seconds(3)});
  REQUIRE_FALSE(answer.wait().ok());
}

TEST_CASE("sizes of file systems agree with statvfs, with SFTP and without") {
  struct statvfs local {};
  REQUIRE(statvfs("/", &local) == 0);
  const auto total = static_cast<double>(local.f_blocks) * static_cast<double>(local.f_frsize);
  for (const bool with_sftp : {true, false}) {
    CAPTURE(with_sftp);
    SshServer server({.sftp = with_sftp});
    Work work(target_of(server));
    const auto spaces = work.stat({"/", "/no/such/folder"});
    REQUIRE(spaces.ok());
    REQUIRE(spaces.value().size() == 2);
    REQUIRE(spaces.value()[0].has_value());
    CHECK(static_cast<double>(spaces.value()[0]->total) == doctest::Approx(total).epsilon(0.01));
    CHECK(spaces.value()[0]->free > 0);
    CHECK(spaces.value()[0]->available <= spaces.value()[0]->free);
    CHECK_FALSE(spaces.value()[1].has_value());
  }
}

TEST_CASE("a server that allows one channel at a time serves files and commands in turn") {
  SshServer server({.max_sessions = 1});
  Work work(target_of(server));
  for (int i = 0; i < 2; ++i) {
    const auto files = work.read({"/proc/version"}, 10'000);
    REQUIRE(files.ok());
    CHECK(files.value()[0] == read_text("/proc/version"));
    CHECK(work.run("echo command").out == "command\n");
  }
}
