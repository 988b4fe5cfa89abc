// HTTP of the example: decodes requests, asks the service, encodes answers.
#pragma once

#include "hello_service.h"

#include <nexus/cpp/plugin.h>

namespace hello {

// `service` must live as long as the plugin.
void add_routes(nexus::Registrar& registrar, HelloService& service);

}  // namespace hello
