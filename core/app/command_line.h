// The command line, read with Poco::Util.
#pragma once

namespace nexus::core {

// Runs the command and returns the exit status.
int run_command_line(int argc, char** argv);

}  // namespace nexus::core
