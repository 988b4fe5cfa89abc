// Work that goes over a connection's SFTP reader, or becomes a command where the server has no SFTP.
#pragma once

#include "ssh/sftp_reader.h"
#include "ssh/work.h"

namespace nexus::servers::ssh {

class ReaderWork : public Work {
 public:
  // Asks the reader, which is ready. `release` as in begin; End::refused: the reader's channel ended before the answer,
  // or it cannot answer this.
  virtual void use(const std::shared_ptr<SftpReader>& reader, Release release) = 0;
};

// `begin` runs the command that does the same.
std::shared_ptr<ReaderWork> make_read_files_work(std::vector<std::string> paths, std::size_t limit,
                                                 std::function<void(Outcome<SftpReader::Files>)> done);
std::shared_ptr<ReaderWork> make_stat_work(std::vector<std::string> paths,
                                           std::function<void(Outcome<SftpReader::Spaces>)> done);

}  // namespace nexus::servers::ssh
