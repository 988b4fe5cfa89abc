#include "ssh/reader_work.h"

#include "ssh/command.h"
#include "ssh/command_work.h"

#include <utility>

namespace nexus::servers::ssh {
namespace {

// Two markers for each file.
constexpr std::size_t kCatOverhead = 128;
constexpr std::size_t kDfOutputLimit = 64 * 1024;

// What both kinds do alike: the caller hears once, over the reader or by a command.
template <class Value>
class Question : public ReaderWork {
 public:
  using Done = std::function<void(Outcome<Value>)>;

  Question(std::vector<std::string> paths, Done done) : paths_(std::move(paths)), done_(std::move(done)) {}

  void use(const std::shared_ptr<SftpReader>& reader, Release release) override {
    release_ = std::move(release);
    ask(*reader, [self = self_pointer()](std::optional<Value> answer) {
      if (answer) self->tell(std::move(*answer));
      const bool again = self->done_ != nullptr;
      std::exchange(self->release_, nullptr)(again ? End::refused : End::done);
    });
  }
  void begin(const std::shared_ptr<Multiplexer>& session, Release release) override {
    if (done_ == nullptr) return release(End::done);
    command_ = make_command([self = self_pointer()](const Outcome<CommandResult>& result) {
      if (!result.ok()) return self->tell(result.error());
      self->tell(self->parse(result.value().out));
    });
    command_->begin(session, std::move(release));
  }
  void fail(const Failure& failure) override { tell(failure); }
  // A question to the reader is left to be answered: it is small.
  void cancel(const Failure& why) override {
    if (const auto command = command_) command->cancel(why);
    tell(why);
  }

 protected:
  virtual void ask(SftpReader& reader, std::function<void(std::optional<Value>)> answered) = 0;
  virtual std::shared_ptr<Work> make_command(std::function<void(Outcome<CommandResult>)> done) = 0;
  virtual Value parse(std::string_view out) const = 0;

  const std::vector<std::string> paths_;
  const std::string nonce_ = make_nonce();

 private:
  std::shared_ptr<Question> self_pointer() { return std::static_pointer_cast<Question>(shared_from_this()); }
  void tell(Outcome<Value> outcome) {
    if (const auto done = std::exchange(done_, nullptr)) done(std::move(outcome));
  }

  Done done_;
  Release release_;
  std::shared_ptr<Work> command_;
};

class ReadFilesWork final : public Question<SftpReader::Files> {
 public:
  ReadFilesWork(std::vector<std::string> paths, std::size_t limit, Done done)
      : Question(std::move(paths), std::move(done)), limit_(limit) {}

 private:
  void ask(SftpReader& reader, std::function<void(std::optional<SftpReader::Files>)> answered) override {
    reader.read_files(paths_, limit_, std::move(answered));
  }
  std::shared_ptr<Work> make_command(std::function<void(Outcome<CommandResult>)> done) override {
    const auto room = paths_.size() * (limit_ + kCatOverhead);
    return make_command_work(cat_command(paths_, limit_, nonce_), room, std::move(done));
  }
  SftpReader::Files parse(std::string_view out) const override { return parse_cat(out, paths_.size(), nonce_); }

  const std::size_t limit_;
};

class StatWork final : public Question<SftpReader::Spaces> {
 public:
  using Question::Question;

 private:
  void ask(SftpReader& reader, std::function<void(std::optional<SftpReader::Spaces>)> answered) override {
    reader.stat_file_systems(paths_, std::move(answered));
  }
  std::shared_ptr<Work> make_command(std::function<void(Outcome<CommandResult>)> done) override {
    return make_command_work(df_command(paths_, nonce_), kDfOutputLimit, std::move(done));
  }
  SftpReader::Spaces parse(std::string_view out) const override { return parse_df_output(out, paths_.size(), nonce_); }
};

}  // namespace

std::shared_ptr<ReaderWork> make_read_files_work(std::vector<std::string> paths, std::size_t limit,
                                                 std::function<void(Outcome<SftpReader::Files>)> done) {
  return std::make_shared<ReadFilesWork>(std::move(paths), limit, std::move(done));
}

std::shared_ptr<ReaderWork> make_stat_work(std::vector<std::string> paths,
                                           std::function<void(Outcome<SftpReader::Spaces>)> done) {
  return std::make_shared<StatWork>(std::move(paths), std::move(done));
}

}  // namespace nexus::servers::ssh
