// The SSH client against a real OpenSSH: logging in, commands, files, file systems.
#include "session_fixture.h"
#include "ssh/exec.h"
#include "ssh/file_systems.h"
#include "ssh/files.h"

#include <sys/statvfs.h>

#include <fstream>

using namespace nexus::test;

namespace {

ssh::CommandResult run(ssh::Session& session, const std::string& command, std::size_t limit = 1024 * 1024) {
  const auto result = ssh::run_command(session, command, limit, plenty_of_time());
  if (!result.ok()) INFO(result.error().reason);
  REQUIRE(result.ok());
  return result.value();
}

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
    const auto session = logged_in(target_of(server.port(), {server.user(), key, {}}, std::make_shared<MemoryGate>()));
    CHECK(run(*session, "echo in").out == "in\n");
  }
  std::filesystem::remove_all(folder);
}

TEST_CASE("a password logs in, alone and after a key that the server does not know") {
  SshServer server({.account_password = "Gehe1m, mit Wörtern"});
  const auto gate = std::make_shared<MemoryGate>();
  for (const auto& key : {std::optional<ssh::PrivateKey>(), std::optional(ssh::PrivateKey::generate_ed25519())}) {
    const auto session = logged_in(target_of(server.port(), {server.user(), key, "Gehe1m, mit Wörtern"}, gate));
    CHECK(run(*session, "echo in").out == "in\n");
  }
}

TEST_CASE("an RSA key logs in where the server takes only SHA-256 signatures") {
  SshServer server({.extra = {"PubkeyAcceptedAlgorithms rsa-sha2-256"}});
  const auto folder = make_temporary_folder("nexus-keys");
  run_program({"ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", folder + "/key"});
  const auto key = load_key(read_text(folder + "/key"));
  server.authorize(key.public_line());
  logged_in(target_of(server.port(), {server.user(), key, {}}, std::make_shared<MemoryGate>()));
  std::filesystem::remove_all(folder);
}

TEST_CASE("a command's status, signal, output and errors come back") {
  SshServer server;
  const auto session = logged_in(target_of(server));

  const auto plain = run(*session, "echo out; echo err >&2; exit 7");
  CHECK(plain.exit_status == 7);
  CHECK(plain.signal == "");
  CHECK(plain.out == "out\n");
  CHECK(plain.err == "err\n");
  CHECK_FALSE(plain.truncated);

  const auto killed = run(*session, "echo before; kill -TERM $$");
  CHECK(killed.signal == "TERM");
  CHECK(killed.out == "before\n");

  CHECK(run(*session, "exit 0").exit_status == 0);
  CHECK(run(*session, "printf 'no newline' >&2").err == "no newline");
  CHECK(run(*session, "no_such_command").exit_status == 127);
  CHECK(run(*session, "printf '%s' \"it's $((1 + 1))\"").out == "it's 2");
  CHECK(run(*session, "printf '\\001\\377\\000x'").out == std::string("\001\377\000x", 4));
}

TEST_CASE("large output on both streams at once is read whole or cut at the limit, and never blocks") {
  SshServer server;
  const auto session = logged_in(target_of(server));
  const std::string both = "head -c 3000000 /dev/zero >&2 & head -c 3000000 /dev/zero; wait";

  const auto whole = run(*session, both, 4'000'000);
  CHECK(whole.out.size() == 3'000'000);
  CHECK(whole.err.size() == 3'000'000);
  CHECK_FALSE(whole.truncated);

  const auto cut = run(*session, both + "; exit 3", 1000);
  CHECK(cut.exit_status == 3);
  CHECK(cut.out.size() == 1000);
  CHECK(cut.err.size() == 1000);
  CHECK(cut.truncated);
  CHECK(run(*session, "echo still there").out == "still there\n");
}

TEST_CASE("a command whose time is up ends on the other side too") {
  SshServer server;
  const auto session = logged_in(target_of(server));
  const auto mark = server.folder() + "/finished";
  const auto before = ssh::Clock::now();
  const auto result =
      ssh::run_command(*session, "sleep 4; touch " + mark, 1000, ssh::Watch::lasting(ssh::milliseconds(1500)));
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().fault == ssh::Fault::timed_out);
  CHECK(ssh::Clock::now() - before < std::chrono::milliseconds(3000));
  std::this_thread::sleep_for(std::chrono::milliseconds(3500));
  CHECK_FALSE(std::filesystem::exists(mark));
}

TEST_CASE("a command that nobody waits for any more ends early") {
  SshServer server;
  const auto session = logged_in(target_of(server));
  const auto before = ssh::Clock::now();
  const ssh::Watch watch(before + std::chrono::seconds(30),
                         [before] { return ssh::Clock::now() - before > std::chrono::milliseconds(200); });
  const auto result = ssh::run_command(*session, "yes", 1000, watch);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().fault == ssh::Fault::cancelled);
  CHECK(ssh::Clock::now() - before < std::chrono::seconds(2));
}

TEST_CASE("files of /proc and large ones are read byte for byte, with SFTP and without") {
  for (const bool with_sftp : {true, false}) {
    CAPTURE(with_sftp);
    SshServer server({.sftp = with_sftp});
    const auto session = logged_in(target_of(server));
    std::string megabyte;
    for (unsigned i = 0, random = 1; i < 1'000'000; ++i, random = random * 1664525 + 1013904223) {
      megabyte += static_cast<char>(random >> 24);
    }
    const auto large = server.folder() + "/it's large";
    std::ofstream(large, std::ios::binary) << megabyte;
    std::ofstream(server.folder() + "/empty");

    const auto files = ssh::read_files(
        *session,
        {"/proc/version", large, "/no/such/file", server.folder() + "/empty", "/proc/cpuinfo", server.folder()},
        2'000'000, plenty_of_time());
    REQUIRE(files.ok());
    REQUIRE(files.value().size() == 6);
    CHECK(files.value()[0] == read_text("/proc/version"));
    CHECK((files.value()[1] == megabyte));
    CHECK_FALSE(files.value()[2].has_value());
    CHECK(files.value()[3] == "");
    CHECK(files.value()[4].value_or("").size() > 100);
    CHECK_FALSE(files.value()[5].has_value());

    const auto limited = ssh::read_files(*session, {large}, 10'000, plenty_of_time());
    REQUIRE(limited.ok());
    CHECK((limited.value()[0] == megabyte.substr(0, 10'000)));
  }
}

TEST_CASE("an account that may only use SFTP gives its files, and refuses commands clearly") {
  SshServer server({.sftp_only = true});
  const auto session = logged_in(target_of(server));
  const auto files = ssh::read_files(*session, {"/proc/version"}, 10'000, plenty_of_time());
  REQUIRE(files.ok());
  CHECK(files.value()[0] == read_text("/proc/version"));
  const auto result = ssh::run_command(*session, "true", 1000, ssh::Watch::lasting(ssh::milliseconds(3000)));
  REQUIRE_FALSE(result.ok());
}

TEST_CASE("sizes of file systems agree with statvfs, with SFTP and without") {
  struct statvfs local {};
  REQUIRE(statvfs("/", &local) == 0);
  const auto total = static_cast<double>(local.f_blocks) * static_cast<double>(local.f_frsize);
  for (const bool with_sftp : {true, false}) {
    CAPTURE(with_sftp);
    SshServer server({.sftp = with_sftp});
    const auto session = logged_in(target_of(server));
    const auto spaces = ssh::stat_file_systems(*session, {"/", "/no/such/folder"}, plenty_of_time());
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
  const auto session = logged_in(target_of(server));
  for (int i = 0; i < 2; ++i) {
    const auto files = ssh::read_files(*session, {"/proc/version"}, 10'000, plenty_of_time());
    REQUIRE(files.ok());
    CHECK(files.value()[0] == read_text("/proc/version"));
    CHECK(run(*session, "echo command").out == "command\n");
  }
}

TEST_CASE("a kept connection serves many takes with one log-in") {
  SshServer server;
  ssh::ConnectionPool pool;
  const auto target = target_of(server);
  auto first = pool.connect(target, plenty_of_time());
  REQUIRE(first.ok());
  pool.give_back(target, std::move(first).value().session);
  for (int i = 0; i < 5; ++i) {
    auto lease = pool.take(target, plenty_of_time());
    REQUIRE(lease.ok());
    CHECK(lease.value().was_kept);
    CHECK(run(*lease.value().session, "echo x").out == "x\n");
    pool.give_back(target, std::move(lease).value().session);
  }
  auto changed = target;
  changed.revision = 2;
  auto lease = pool.take(changed, plenty_of_time());
  REQUIRE(lease.ok());
  CHECK_FALSE(lease.value().was_kept);
}
