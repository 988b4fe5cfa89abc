#include "ssh/files.h"

#include "ssh/command.h"
#include "ssh/exec.h"

#include <algorithm>
#include <array>

namespace nexus::servers::ssh {
namespace {

// libssh2 1.10 silently cuts some files short with larger buffers.
constexpr std::size_t kSftpReadSize = 7'500;
// Two markers for each file.
constexpr std::size_t kCatOverhead = 128;

class RemoteFile {
 public:
  RemoteFile(Session& session, LIBSSH2_SFTP_HANDLE* handle, const Watch& watch) noexcept
      : session_(session), handle_(handle), watch_(watch) {}
  RemoteFile(const RemoteFile&) = delete;
  RemoteFile& operator=(const RemoteFile&) = delete;
  ~RemoteFile() {
    if (session_.broken()) return;
    (void)session_.run(Stage::exec, watch_, [this] { return libssh2_sftp_close_handle(handle_); });
  }

  // The content up to `limit`; nullopt where the server refuses to read.
  Outcome<std::optional<std::string>> read(std::size_t limit) {
    std::string data;
    std::array<char, kSftpReadSize> buffer;
    while (data.size() < limit) {
      const auto wanted = std::min(buffer.size(), limit - data.size());
      const auto got =
          session_.run(Stage::exec, watch_, [&] { return libssh2_sftp_read(handle_, buffer.data(), wanted); });
      if (!got.ok()) return got.error();
      if (got.value() < 0) return std::optional<std::string>{};
      if (got.value() == 0) break;
      data.append(buffer.data(), static_cast<std::size_t>(got.value()));
    }
    return std::optional(std::move(data));
  }

 private:
  Session& session_;
  LIBSSH2_SFTP_HANDLE* handle_;
  const Watch& watch_;
};

Outcome<std::optional<std::string>> read_one(Session& session, LIBSSH2_SFTP* sftp, const std::string& path,
                                             std::size_t limit, const Watch& watch) {
  int code = 0;
  const auto opened = session.make(
      Stage::exec, watch,
      [&] {
        return libssh2_sftp_open_ex(sftp, path.c_str(), static_cast<unsigned>(path.size()), LIBSSH2_FXF_READ, 0,
                                    LIBSSH2_SFTP_OPENFILE);
      },
      code);
  if (!opened.ok()) return opened.error();
  if (opened.value() == nullptr) {
    if (code != LIBSSH2_ERROR_SFTP_PROTOCOL) return session.dropped(Stage::exec);
    return std::optional<std::string>{};
  }
  return RemoteFile(session, opened.value(), watch).read(limit);
}

Outcome<std::vector<std::optional<std::string>>> read_by_command(Session& session,
                                                                 const std::vector<std::string>& paths,
                                                                 std::size_t limit, const Watch& watch) {
  const auto nonce = make_nonce();
  const auto result =
      run_command(session, cat_command(paths, limit, nonce), paths.size() * (limit + kCatOverhead), watch);
  if (!result.ok()) return result.error();
  return parse_cat(result.value().out, paths.size(), nonce);
}

}  // namespace

Outcome<std::vector<std::optional<std::string>>> read_files(Session& session, const std::vector<std::string>& paths,
                                                            std::size_t limit, const Watch& watch) {
  auto sftp = session.sftp(watch);
  if (!sftp.ok()) return std::move(sftp).error();
  if (sftp.value() == nullptr) return read_by_command(session, paths, limit, watch);
  std::vector<std::optional<std::string>> files;
  for (const auto& path : paths) {
    auto file = read_one(session, sftp.value(), path, limit, watch);
    if (!file.ok()) return std::move(file).error();
    files.push_back(std::move(file).value());
  }
  return files;
}

}  // namespace nexus::servers::ssh
