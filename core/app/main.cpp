#include "core/app/command_line.h"

int main(int argc, char** argv) { return nexus::core::run_command_line(argc, argv); }
