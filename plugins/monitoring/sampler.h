// One measurement of a server: two looks at its processors, a moment apart, and one at everything else.
#pragma once

#include "metrics_answer.h"

#include <nexus/cpp/services.h>

#include <functional>

namespace nexus::monitoring {

using SampleDone = std::function<void(Result<Sample>)>;

// On behalf of `call`. Blocks no thread; `done` runs exactly once, on a worker, unless the plugin stops before: then it
// is only destroyed.
void take_sample(OwnedCall call, const Binding& ssh, std::int64_t server_id, SampleDone done);

}  // namespace nexus::monitoring
