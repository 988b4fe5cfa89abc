// nexus.commands: what is refused at registration, and how one runs.
#include "panel.h"

#include <doctest/doctest.h>

using namespace nexus;
using test::Panel;

namespace {

nx_status succeed(void*, nx_call*, const nx_str*, std::uint32_t, nx_sink) { return NX_OK; }

nx_status add_command(const Host& host, nx_reg* reg, const char* name, nx_command_fn fn = &succeed,
                      void* user_data = nullptr, std::uint32_t min_args = 0, std::uint32_t max_args = 16) {
  nx_command command{};
  command.struct_size = sizeof command;
  command.name = to_abi(name);
  command.summary_key = to_abi("tool.help");
  command.min_args = min_args;
  command.max_args = max_args;
  command.fn = fn;
  command.user_data = user_data;
  return host.commands->add_command(reg, &command);
}

// A plugin "tool" with one command "tool run" that does what the test gives.
struct Tool : test::RawPlugin {
  using Work = std::function<nx_status(nx_call*, std::vector<std::string>, nx_sink)>;
  Tool(Panel& panel, Work its_work, std::uint32_t flags = NX_PLUGIN_CONCURRENT)
      : RawPlugin(flags), work(std::move(its_work)), host(panel.make("tool", *this)), face(panel.host(host)) {
    on_register = [this](nx_reg* reg, nx_call*) -> nx_status {
      for (const auto* locale : {"en", "zh-CN"}) {
        const auto text = std::string(R"({"tool.help":"help )") + locale + "\"}";
        REQUIRE(face.i18n->add_catalogue(reg, to_abi(locale), to_abi(text)) == NX_OK);
      }
      return add_command(face, reg, "tool run", &run, this, 1, 2);
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }
  static nx_status run(void* self, nx_call* call, const nx_str* args, std::uint32_t count, nx_sink out) {
    std::vector<std::string> words;
    for (std::uint32_t i = 0; i < count; ++i) words.emplace_back(view(args[i]));
    return static_cast<Tool*>(self)->work(call, words, out);
  }
  core::CommandOutcome command(std::chrono::milliseconds timeout = test::kPatience) const {
    return host.run_command({"tool run", {"a", ""}, "en", timeout});
  }

  Work work;
  ~Tool() { leave(); }
  core::PluginHost& host;
  Host face;
};

}  // namespace

TEST_CASE("a command of a wrong form, of the host's words or of another plugin is refused with a reason") {
  Panel panel;
  test::RawPlugin first, second;
  auto& one = panel.make("one", first);
  auto& two = panel.make("two", second);
  const auto face = panel.host(two);
  first.on_register = [&](nx_reg* reg, nx_call*) { return add_command(panel.host(one), reg, "user add"); };
  REQUIRE(one.register_plugin(first.table).ok());
  nx_status status = NX_OK;
  const auto refused = [&](auto work) {
    second.on_register = [&, work](nx_reg* reg, nx_call*) { return status = work(reg); };
    const auto done = two.register_plugin(second.table);
    return done.ok() ? std::string("accepted") : std::string(done.error().what());
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  for (const auto* name : {"", "a  b", " a", "a ", "A", "a_b", "a b c d", "-a", "a --b", "é", "a\tb"}) {
    CAPTURE(name);
    CHECK(has(refused([&](nx_reg* reg) { return add_command(face, reg, name); }), "one to three words"));
    CHECK(status == NX_E_INVALID);
  }
  const std::string longest(65, 'a');
  CHECK(has(refused([&](nx_reg* reg) { return add_command(face, reg, longest.c_str()); }), "one to three words"));
  for (const auto* name : {"serve", "config check", "config x", "plugin list", "plugin", "audit verify", "help"}) {
    CAPTURE(name);
    CHECK(has(refused([&](nx_reg* reg) { return add_command(face, reg, name); }), "a word of the panel's own"));
    CHECK(status == NX_E_CONFLICT);
  }
  CHECK(has(refused([&](nx_reg* reg) { return add_command(face, reg, "user add"); }), "user add exists already"));
  CHECK(status == NX_E_CONFLICT);
  CHECK(has(refused([&](nx_reg* reg) { return add_command(face, reg, "x", nullptr); }), "no function"));
  CHECK(has(refused([&](nx_reg* reg) { return add_command(face, reg, "x", &succeed, nullptr, 2, 1); }),
            "needs more arguments than it takes"));
  CHECK(
      has(refused([&](nx_reg* reg) { return add_command(face, reg, "x", &succeed, nullptr, 0, 17); }), "more than 16"));
  CHECK(has(refused([&](nx_reg* reg) {
              nx_command command{};
              command.struct_size = sizeof command;
              command.flags = 1;
              command.name = to_abi("x");
              command.fn = &succeed;
              return face.commands->add_command(reg, &command);
            }),
            "a flag of the command x"));
  CHECK(status == NX_E_UNSUPPORTED);
  CHECK(refused([&](nx_reg* reg) -> nx_status {
          for (const auto* name : {"user", "user add now", "serve-x", "9-a"}) {
            CHECK(add_command(face, reg, name) == NX_OK);
          }
          return NX_OK;
        }) == "accepted");
}

TEST_CASE("a name is free again when its plugin is gone") {
  Panel panel;
  test::RawPlugin first, second;
  auto& one = panel.make("one", first);
  first.on_register = [&](nx_reg* reg, nx_call*) { return add_command(panel.host(one), reg, "user add"); };
  REQUIRE(one.register_plugin(first.table).ok());
  panel.remove(one);
  auto& two = panel.make("two", second);
  second.on_register = [&](nx_reg* reg, nx_call*) { return add_command(panel.host(two), reg, "user add"); };
  CHECK(two.register_plugin(second.table).ok());
  CHECK(two.declarations().commands.size() == 1);
}

TEST_CASE("what a plugin declares of a command is kept, with its help in each language") {
  Panel panel;
  Tool tool(panel, [](nx_call*, auto, nx_sink) { return NX_OK; });
  REQUIRE(tool.host.declarations().commands.size() == 1);
  const auto& command = tool.host.declarations().commands[0];
  CHECK(command.usage() == "tool run");
  CHECK(command.min_args == 1);
  CHECK(command.max_args == 2);
  CHECK(command.summary("en") == "help en");
  CHECK(command.summary("zh-CN") == "help zh-CN");
  CHECK(command.summary("fr") == "help zh-CN");
  CHECK(core::Command{"x", "Y", "key", {}, 0, 0}.summary("en") == "key");
  CHECK(core::Command{"x", "Y", "key", {}, 0, 0}.usage() == "x Y");
}

TEST_CASE("a command runs on a worker with a call of nobody's, and may use the database") {
  Panel panel;
  Tool* self = nullptr;
  Tool tool(panel, [&](nx_call* call, const std::vector<std::string>& words, nx_sink out) -> nx_status {
    const auto& face = self->face;
    CHECK(words == std::vector<std::string>{"a", ""});
    CHECK(face.call->principal(call)->user_id == 0);
    CHECK(view(face.call->locale(call)) == "en");
    CHECK(face.call->remaining_us(call) > 1'000'000);
    CHECK(face.call->cancelled(call) == 0);
    nx_query query{};
    query.struct_size = sizeof query;
    query.sql = to_abi("CREATE TABLE tool_x (id INTEGER)");
    CHECK(face.db->exec(call, &query, nullptr) == NX_OK);
    CHECK(out.write(out.ctx, to_abi("one ")) == NX_OK);
    return out.write(out.ctx, to_abi("two\n"));
  });
  self = &tool;
  const auto outcome = tool.command();
  CHECK(outcome.status == Status::ok);
  CHECK(outcome.output == "one two\n");
  CHECK(outcome.reason.empty());
  CHECK(tool.host.run_command({"tool walk", {}, "en"}).status == Status::not_found);
}

TEST_CASE("a failure keeps its reason and what was written before") {
  Panel panel;
  Tool* self = nullptr;
  nx_status status = NX_E_NOT_FOUND;
  Tool tool(panel, [&](nx_call* call, auto, nx_sink out) -> nx_status {
    out.write(out.ctx, to_abi("before\n"));
    if (status == NX_E_EXCEPTION) throw std::runtime_error("oh no");
    if (status == NX_E_NOT_FOUND) self->face.call->set_error(call, to_abi("nobody of that name"));
    return status;
  });
  self = &tool;
  auto outcome = tool.command();
  CHECK(outcome.status == Status::not_found);
  CHECK(outcome.reason == "nobody of that name");
  CHECK(outcome.output == "before\n");
  status = NX_E_BUSY;
  CHECK(tool.command().reason == "busy");
  status = NX_E_EXCEPTION;
  CHECK(tool.command().status == Status::exception);
}

TEST_CASE("output has an end") {
  Panel panel;
  std::size_t written = 0;
  Tool tool(panel, [&](nx_call*, auto, nx_sink out) -> nx_status {
    const std::string chunk(core::kLongestCommandOutput / 4, 'x');
    while (out.write(out.ctx, to_abi(chunk)) == NX_OK) ++written;
    return NX_OK;  // not looking is no way around it
  });
  const auto outcome = tool.command();
  CHECK(written == 4);
  CHECK(outcome.status == Status::limit);
  CHECK(outcome.output.size() == core::kLongestCommandOutput);
}

TEST_CASE("a command that does not end in time is given up, and knows") {
  Panel panel;
  Tool* self = nullptr;
  std::atomic<bool> told{false};
  std::atomic<bool> over{false};
  Tool tool(panel, [&](nx_call* call, auto, nx_sink) -> nx_status {
    told = test::eventually([&] { return self->face.call->cancelled(call) != 0; }) &&
           self->face.call->remaining_us(call) < 0;
    over = true;
    return NX_OK;
  });
  self = &tool;
  const auto outcome = tool.command(std::chrono::milliseconds(50));
  CHECK(outcome.status == Status::timeout);
  CHECK(outcome.reason == "it has not ended in time");
  CHECK(test::eventually([&] { return over.load(); }));
  CHECK(told);
}

TEST_CASE("a command of a serialised plugin waits for its turn like any callback") {
  Panel panel;
  Tool tool(
      panel, [](nx_call*, auto, nx_sink out) { return out.write(out.ctx, to_abi("x")); }, 0);
  CHECK(tool.command().output == "x");
}
