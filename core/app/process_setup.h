// What the process may do and what it leaves behind.
#pragma once

#include <string>

namespace nexus::core {

// Files are made for their owner only; no core dumps and no attaching debugger, because keys and passwords are in
// memory; as many descriptors as the system allows; no signal where a write fails. Before the first thread.
void restrict_process();

// Called first in the child that tries a plugin: it ends with its parent and leaves no core.
void restrict_probe();

// "<folder of the program>/../lib/nexuspanel/plugins"
std::string default_plugin_folder();

}  // namespace nexus::core
