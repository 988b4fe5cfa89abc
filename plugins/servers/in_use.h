// The refusal to remove what servers still need.
#pragma once

#include "model.h"

#include <nexus/cpp/result.h>

#include <string>
#include <vector>

namespace nexus::servers {

// 40903 with that text and `used_by`: those of the servers that the caller sees.
Error in_use(std::string text_key, const std::vector<NamedServer>& servers);

}  // namespace nexus::servers
