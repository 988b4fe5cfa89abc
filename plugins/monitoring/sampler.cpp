#include "sampler.h"

#include <memory>

namespace nexus::monitoring {
namespace {

using contracts::FileContent;

// Whoever sees a server sees how it is.
constexpr const char* kLevel = "view";

// Long enough for the kernel's ticks of 10 ms to say something, short enough for a person who waits.
constexpr std::int64_t kInterval = 250'000;

Error unreadable() {
  return Error::api(code::kSshFailed, "monitoring.unreadable").with_extra(R"({"stage":"exec","error":"unreadable"})");
}

// The steps of one measurement; each keeps it alive until the next.
class Measurement : public std::enable_shared_from_this<Measurement> {
 public:
  Measurement(OwnedCall call, const Binding& ssh, std::int64_t server_id, SampleDone done)
      : call_(std::move(call)), ssh_(ssh), server_id_(server_id), done_(std::move(done)) {}

  void begin() { read({"/proc/stat"}, &Measurement::first_look); }

 private:
  using Step = Result<void> (Measurement::*)(const std::vector<FileContent>&);

  void ask(std::string_view method, const Json& payload, std::function<Result<void>(const Json&)> next) {
    ssh_.invoke(*call_, method, contracts::to_cbor(payload),
                [self = shared_from_this(), next = std::move(next)](Call&, const Result<std::string>& answer) {
                  const auto step = [&]() -> Result<void> {
                    NEXUS_ASSIGN(const Json value, contracts::decode_cbor_answer(answer));
                    return next(value);
                  };
                  if (const auto taken = step(); !taken.ok()) self->done_(taken.error());
                });
  }

  void read(std::vector<std::string> paths, Step step) {
    contracts::ReadFilesRequest request;
    request.server_id = server_id_;
    request.paths = std::move(paths);
    request.level = kLevel;
    ask("read_files", contracts::to_json(request), [this, step](const Json& answer) -> Result<void> {
      std::vector<FileContent> files;
      for (const auto& file : answer.value("files", Json::array())) files.push_back(contracts::file_content_from(file));
      return (this->*step)(files);
    });
  }

  Result<void> first_look(const std::vector<FileContent>& files) {
    auto stat = files.size() == 1 ? parse_proc_stat(files[0].data) : std::nullopt;
    if (!stat) return unreadable();
    sample_.before = std::move(*stat);
    NEXUS_TRY(call_->host().after(kInterval, [self = shared_from_this()](Call&) {
      self->read({"/proc/stat", "/proc/meminfo", "/proc/net/dev", "/proc/mounts"}, &Measurement::second_look);
    }));
    return {};
  }

  Result<void> second_look(const std::vector<FileContent>& files) {
    if (files.size() != 4) return unreadable();
    sample_.time_us = call_->host().now_us();
    auto stat = parse_proc_stat(files[0].data);
    const auto memory = parse_meminfo(files[1].data);
    if (!stat || !memory) return unreadable();
    sample_.after = std::move(*stat);
    sample_.memory = *memory;
    sample_.traffic = parse_net_dev(files[2].data);
    sample_.mounts = parse_mounts(files[3].data);
    std::vector<std::string> paths;
    for (const auto& mount : sample_.mounts) paths.push_back(mount.mount_point);
    const Json question = {{"server_id", server_id_},
                           {"paths", paths},
                           {"timeout_ms", contracts::kDefaultSshTimeoutMs},
                           {"level", kLevel}};
    ask("stat_fs", question, [this](const Json& answer) -> Result<void> {
      for (const auto& system : answer.value("file_systems", Json::array())) {
        sample_.file_systems.push_back(contracts::file_system_from(system));
      }
      done_(std::move(sample_));
      return {};
    });
    return {};
  }

  OwnedCall call_;
  Binding ssh_;
  std::int64_t server_id_;
  SampleDone done_;
  Sample sample_;
};

}  // namespace

void take_sample(OwnedCall call, const Binding& ssh, std::int64_t server_id, SampleDone done) {
  std::make_shared<Measurement>(std::move(call), ssh, server_id, std::move(done))->begin();
}

}  // namespace nexus::monitoring
