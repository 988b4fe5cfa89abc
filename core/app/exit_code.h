// What the program's exit status says; the numbers are those of sysexits.h.
#pragma once

namespace nexus::core {

enum ExitCode : int {
  kExitOk = 0,
  kExitRefused = 1,        // a plugin was refused, a command of a plugin failed, or the audit trail is broken
  kExitUsage = 64,         // the command line is wrong
  kExitUnavailable = 69,   // the database or the address to listen on cannot be had
  kExitForced = 70,        // it stopped, but something did not end in time and was cut off
  kExitCannotCreate = 73,  // the data folder, the log file or the master key cannot be used
  kExitRunning = 75,       // another panel uses the data folder
  kExitConfig = 78,        // the configuration is wrong
};

}  // namespace nexus::core
