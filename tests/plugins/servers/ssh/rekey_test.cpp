// Keys that are exchanged anew in the middle of a transfer.
#include "channel_fixture.h"

#include <nexus/base.h>

using namespace nexus::test;

// libssh2 1.10 forgets to free the old host key at each exchange: 51 bytes.
extern "C" NX_EXPORT const char* __lsan_default_suppressions() { return "leak:libssh2.so"; }

TEST_CASE("files go there and back byte for byte, also while keys are exchanged anew") {
  SshServer server({.extra = {"RekeyLimit 1M"}});
  Rig rig;
  const auto target = engine_target(1, server);
  rig.trust(target);
  const auto path = server.folder() + "/a file";
  const auto content = noise(20'000'000);
  const auto put = listen([&](auto events) { return rig.engine.put_file(target, path, 0640, {}, events); });
  REQUIRE(put->wait([&] { return put->opened_as.has_value(); }));
  CHECK_FALSE(std::filesystem::exists(path));
  for (std::size_t at = 0; at < content.size();) {
    const auto piece = std::string_view(content).substr(at, 100'000);
    const int before = put->writables;
    if (put->channel->write(piece)) {
      at += piece.size();
    } else {
      REQUIRE(put->wait([&] { return put->writables > before || put->closings != 0; }));
      REQUIRE(put->closings == 0);
    }
  }
  put->channel->send_eof();
  REQUIRE(put->wait_closed());
  REQUIRE_FALSE(put->end.has_value());
  CHECK((read_text(path) == content));
  CHECK(static_cast<unsigned>(std::filesystem::status(path).permissions()) == 0640);
  CHECK(entries_of(server.folder().c_str()) > 0);

  const auto get = listen([&](auto events) { return rig.engine.get_file(target, path, {}, events); });
  REQUIRE(get->wait_closed());
  REQUIRE_FALSE(get->end.has_value());
  CHECK(get->opened_as->size == content.size());
  CHECK(get->opened_as->mode == 0640);
  CHECK((get->text == content));
  CHECK(count_of(server.log(), "Accepted publickey") == 1);
}
